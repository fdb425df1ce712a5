#!/usr/bin/env node

// infra/broker/package.json
var version = "0.1.0";

// infra/broker/src/broker.ts
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join as join9, resolve as resolve2 } from "node:path";

// infra/broker/src/clock.ts
var systemClock = {
  now: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  }
};

// infra/broker/src/protocol/api.ts
function api(definition) {
  return definition;
}

// infra/broker/src/protocol/wire.ts
var referencedBytesMin = 1024;
var initialBytes = 256;
var uvarintBytesMax = 5;
var two32 = 4294967296;
var int64Max = 2 ** 63;
var Reader = class {
  constructor(buffer, offset = 0, end2 = buffer.length) {
    this.buffer = buffer;
    this.offset = offset;
    this.end = end2;
  }
  buffer;
  offset;
  end;
  version = 0;
  flexible = false;
  /** Array elements that may still be read; a codec takes from it before it reads an array. */
  elementsLeft = Number.POSITIVE_INFINITY;
  /** Moves over `count` bytes and returns where they began. Throws RangeError when the frame has fewer left. */
  take(count) {
    const start = this.offset;
    if (count < 0 || start + count > this.end) throw new RangeError(`frame ends at byte ${this.end}, ${count} bytes wanted at ${start}`);
    this.offset = start + count;
    return start;
  }
  get remaining() {
    return this.end - this.offset;
  }
  int8() {
    return this.buffer.readInt8(this.take(1));
  }
  int16() {
    return this.buffer.readInt16BE(this.take(2));
  }
  int32() {
    return this.buffer.readInt32BE(this.take(4));
  }
  /** Exact within ±2^53; beyond, the nearest double. Only sentinels such as Long.MAX_VALUE lie there in practice. */
  int64() {
    const start = this.take(8);
    return this.buffer.readInt32BE(start) * two32 + this.buffer.readUInt32BE(start + 4);
  }
  uvarint() {
    let value = 0;
    for (let index = 0; index < uvarintBytesMax; index++) {
      const byte = this.buffer[this.take(1)];
      value += (byte & 127) * 2 ** (7 * index);
      if (byte < 128) return value;
    }
    throw new RangeError(`unsigned varint longer than ${uvarintBytesMax} bytes`);
  }
  /** Zigzag, 32 bits. */
  varint() {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  /** A view of the next `length` bytes, not a copy. */
  slice(length) {
    const start = this.take(length);
    return this.buffer.subarray(start, start + length);
  }
  text(length) {
    const start = this.take(length);
    return this.buffer.toString("utf8", start, start + length);
  }
};
var Writer = class {
  version = 0;
  flexible = false;
  parts = [];
  buffer = Buffer.allocUnsafe(initialBytes);
  start = 0;
  offset = 0;
  partBytes = 0;
  claim(count) {
    if (this.offset + count > this.buffer.length) {
      const pending = this.buffer.subarray(this.start, this.offset);
      const grown = Buffer.allocUnsafe(Math.max(initialBytes, (pending.length + count) * 2));
      pending.copy(grown);
      this.buffer = grown;
      this.start = 0;
      this.offset = pending.length;
    }
    const at = this.offset;
    this.offset += count;
    return at;
  }
  int8(value) {
    const at = this.claim(1);
    this.buffer.writeInt8(value, at);
  }
  int16(value) {
    const at = this.claim(2);
    this.buffer.writeInt16BE(value, at);
  }
  int32(value) {
    const at = this.claim(4);
    this.buffer.writeInt32BE(value, at);
  }
  /** The counterpart of `Reader.int64`: doubles at or beyond 2^63 become Long.MAX_VALUE. */
  int64(value) {
    const at = this.claim(8);
    const high = value >= int64Max ? 2147483647 : Math.floor(value / two32);
    this.buffer.writeInt32BE(high, at);
    this.buffer.writeUInt32BE(value >= int64Max ? 4294967295 : value - high * two32, at + 4);
  }
  uvarint(value) {
    let rest = value;
    while (rest > 127) {
      this.buffer[this.claim(1)] = rest % 128 | 128;
      rest = Math.floor(rest / 128);
    }
    const at = this.claim(1);
    this.buffer[at] = rest;
  }
  varint(value) {
    this.uvarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }
  text(value) {
    const length = Buffer.byteLength(value);
    const at = this.claim(length);
    this.buffer.write(value, at, length, "utf8");
  }
  bytes(value) {
    if (value.length < referencedBytesMin) {
      const at = this.claim(value.length);
      value.copy(this.buffer, at);
      return;
    }
    this.flush();
    this.parts.push(value);
    this.partBytes += value.length;
  }
  flush() {
    if (this.offset === this.start) return;
    this.parts.push(this.buffer.subarray(this.start, this.offset));
    this.partBytes += this.offset - this.start;
    this.start = this.offset;
  }
  /** What was written so far, in order. */
  finish() {
    this.flush();
    return { parts: this.parts, length: this.partBytes };
  }
};

// infra/broker/src/protocol/codec.ts
var int8 = { read: (reader) => reader.int8(), write: (writer, value) => writer.int8(value) };
var int16 = { read: (reader) => reader.int16(), write: (writer, value) => writer.int16(value) };
var int32 = { read: (reader) => reader.int32(), write: (writer, value) => writer.int32(value) };
var int64 = { read: (reader) => reader.int64(), write: (writer, value) => writer.int64(value) };
var boolean = { read: (reader) => reader.int8() !== 0, write: (writer, value) => writer.int8(value ? 1 : 0) };
var zeroUuid = "00000000-0000-0000-0000-000000000000";
var uuid = {
  read(reader) {
    const hex = reader.slice(16).toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  write: (writer, value) => writer.bytes(Buffer.from(value.replaceAll("-", ""), "hex"))
};
function readLength(reader, kind) {
  const length = reader.flexible ? reader.uvarint() - 1 : reader[kind]();
  if (length < -1) throw new RangeError(`negative length ${length}`);
  return length;
}
function writeLength(writer, kind, length) {
  if (writer.flexible) writer.uvarint(length + 1);
  else writer[kind](length);
}
function required(value, what) {
  if (value === null) throw new RangeError(`null where a ${what} is required`);
  return value;
}
var stringBytesMax = 32767;
var nullableString = {
  read(reader) {
    const length = readLength(reader, "int16");
    if (length > stringBytesMax) throw new RangeError(`string of ${length} bytes, at most ${stringBytesMax} are allowed`);
    return length < 0 ? null : reader.text(length);
  },
  write(writer, value) {
    writeLength(writer, "int16", value === null ? -1 : Buffer.byteLength(value));
    if (value !== null) writer.text(value);
  }
};
var string = {
  read: (reader) => required(nullableString.read(reader), "string"),
  write: (writer, value) => nullableString.write(writer, value)
};
var nullableBytes = {
  read(reader) {
    const length = readLength(reader, "int32");
    return length < 0 ? null : reader.slice(length);
  },
  write(writer, value) {
    writeLength(writer, "int32", value === null ? -1 : value.length);
    if (value !== null) writer.bytes(value);
  }
};
var bytes = {
  read: (reader) => required(nullableBytes.read(reader), "byte string"),
  write: (writer, value) => nullableBytes.write(writer, value)
};
var records = {
  read: nullableBytes.read,
  write(writer, value) {
    if (value === null || Buffer.isBuffer(value)) return nullableBytes.write(writer, value);
    let length = 0;
    for (const part of value) length += part.length;
    writeLength(writer, "int32", length);
    for (const part of value) writer.bytes(part);
  }
};
function nullableArray(element) {
  return {
    read(reader) {
      const length = readLength(reader, "int32");
      if (length < 0) return null;
      if (length > reader.remaining) throw new RangeError(`array of ${length} elements in ${reader.remaining} bytes`);
      reader.elementsLeft -= length;
      if (reader.elementsLeft < 0) throw new RangeError(`array of ${length} elements, ${reader.elementsLeft + length} more are allowed`);
      const values = [];
      for (let index = 0; index < length; index++) values.push(element.read(reader));
      return values;
    },
    write(writer, values) {
      writeLength(writer, "int32", values === null ? -1 : values.length);
      if (values !== null) for (const value of values) element.write(writer, value);
    }
  };
}
function array(element) {
  const nullable2 = nullableArray(element);
  return { read: (reader) => required(nullable2.read(reader), "array"), write: (writer, value) => nullable2.write(writer, value) };
}
var always = Number.MAX_SAFE_INTEGER;
function optional(codec, fallback) {
  return { codec, from: 0, to: always, fallback };
}
function since(from, codec, fallback) {
  return { codec, from, to: always, fallback };
}
function between(from, to, codec, fallback) {
  return { codec, from, to, fallback };
}
function tagged(tag, from, codec, fallback) {
  return { codec, from, to: always, fallback, tag };
}
function readTags(reader, fields, into) {
  for (let count = reader.uvarint(); count > 0; count--) {
    const tag = reader.uvarint();
    const size = reader.uvarint();
    const end2 = reader.take(size) + size;
    const field = fields.find((each) => each.tag === tag && reader.version >= each.from);
    if (!field) continue;
    const outerEnd = reader.end;
    reader.offset = end2 - size;
    reader.end = end2;
    into[field.name] = field.codec.read(reader);
    if (reader.offset !== end2) throw new RangeError(`tagged field ${field.name} leaves ${end2 - reader.offset} bytes`);
    reader.end = outerEnd;
  }
}
function isWritten(field, value) {
  return value !== void 0 && value !== field.fallback && !(Array.isArray(value) && value.length === 0);
}
function writeTags(writer, fields, from) {
  const present = fields.filter((field) => writer.version >= field.from && isWritten(field, from[field.name]));
  writer.uvarint(present.length);
  for (const field of present) {
    const inner = new Writer();
    inner.version = writer.version;
    inner.flexible = writer.flexible;
    field.codec.write(inner, from[field.name]);
    const { parts, length } = inner.finish();
    writer.uvarint(field.tag);
    writer.uvarint(length);
    for (const part of parts) writer.bytes(part);
  }
}
function struct(fields) {
  const named = Object.entries(fields).map(
    ([name, field]) => "codec" in field ? { ...field, name } : { codec: field, from: 0, to: always, fallback: void 0, name }
  );
  const tags = named.filter((field) => field.tag !== void 0).sort((left, right) => left.tag - right.tag);
  const plain2 = named.filter((field) => field.tag === void 0);
  return {
    read(reader) {
      const value = {};
      for (const field of plain2) {
        const isPresent = reader.version >= field.from && reader.version <= field.to;
        value[field.name] = isPresent ? field.codec.read(reader) : field.fallback;
      }
      for (const field of tags) value[field.name] = field.fallback;
      if (reader.flexible) readTags(reader, tags, value);
      return value;
    },
    write(writer, value) {
      const from = value;
      for (const field of plain2) {
        if (writer.version < field.from || writer.version > field.to) continue;
        const given = from[field.name];
        field.codec.write(writer, given === void 0 ? field.fallback : given);
      }
      if (writer.flexible) writeTags(writer, tags, from);
    }
  };
}
function nullableStruct(fields) {
  const whole3 = struct(fields);
  return {
    read: (reader) => reader.int8() < 0 ? null : whole3.read(reader),
    write(writer, value) {
      writer.int8(value === null ? -1 : 1);
      if (value !== null) whole3.write(writer, value);
    }
  };
}

// infra/broker/src/protocol/apis/add-offsets-to-txn.ts
var addOffsetsToTxn = api({
  name: "AddOffsetsToTxn",
  key: 25,
  min: 0,
  max: 4,
  flexibleFrom: 3,
  request: struct({ transactionalId: string, producerId: int64, producerEpoch: int16, groupId: string }),
  response: struct({ throttleTimeMs: optional(int32, 0), errorCode: int16 })
});

// infra/broker/src/protocol/apis/add-partitions-to-txn.ts
var topic = struct({ name: string, partitions: array(int32) });
var topicResult = struct({
  name: string,
  resultsByPartition: array(struct({ partitionIndex: int32, partitionErrorCode: int16 }))
});
var addPartitionsToTxn = api({
  name: "AddPartitionsToTxn",
  key: 24,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({
    transactionalId: between(0, 3, string, ""),
    producerId: between(0, 3, int64, -1),
    producerEpoch: between(0, 3, int16, -1),
    topics: between(0, 3, array(topic), []),
    transactions: since(
      4,
      array(
        struct({
          transactionalId: string,
          producerId: int64,
          producerEpoch: int16,
          verifyOnly: optional(boolean, false),
          topics: array(topic)
        })
      ),
      []
    )
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: since(4, int16, 0),
    resultsByTransaction: since(4, array(struct({ transactionalId: string, topicResults: array(topicResult) })), []),
    resultsByTopic: between(0, 3, array(topicResult), [])
  })
});

// infra/broker/src/protocol/apis/alter-configs.ts
var alterConfigs = api({
  name: "AlterConfigs",
  key: 33,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({
    resources: array(
      struct({ resourceType: int8, resourceName: string, configs: array(struct({ name: string, value: optional(nullableString, null) })) })
    ),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(struct({ errorCode: int16, errorMessage: optional(nullableString, null), resourceType: int8, resourceName: string }))
  })
});

// infra/broker/src/protocol/apis/api-versions.ts
var apiVersions = api({
  name: "ApiVersions",
  key: 18,
  min: 0,
  max: 4,
  flexibleFrom: 3,
  request: struct({ clientSoftwareName: since(3, string, ""), clientSoftwareVersion: since(3, string, "") }),
  response: struct({
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: since(1, int32, 0),
    supportedFeatures: tagged(0, 3, array(struct({ name: string, minVersion: int16, maxVersion: int16 })), []),
    finalizedFeaturesEpoch: tagged(1, 3, int64, -1),
    finalizedFeatures: tagged(2, 3, array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: optional(int16, 0) })), [])
  })
});

// infra/broker/src/protocol/apis/consumer-group-describe.ts
var assignment = struct({ topicPartitions: array(struct({ topicId: uuid, topicName: string, partitions: array(int32) })) });
var consumerGroupDescribe = api({
  name: "ConsumerGroupDescribe",
  key: 69,
  min: 0,
  max: 1,
  flexibleFrom: 0,
  request: struct({ groupIds: array(string), includeAuthorizedOperations: optional(boolean, false) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullableString, null),
        groupId: string,
        groupState: optional(string, ""),
        groupEpoch: optional(int32, 0),
        assignmentEpoch: optional(int32, 0),
        assignorName: optional(string, ""),
        members: array(
          struct({
            memberId: string,
            instanceId: nullableString,
            rackId: nullableString,
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            subscribedTopicRegex: nullableString,
            assignment,
            targetAssignment: assignment,
            memberType: since(1, int8, -1)
          })
        ),
        authorizedOperations: optional(int32, -2147483648)
      })
    )
  })
});

// infra/broker/src/protocol/apis/consumer-group-heartbeat.ts
var topicPartitions = struct({ topicId: uuid, partitions: array(int32) });
var consumerGroupHeartbeat = api({
  name: "ConsumerGroupHeartbeat",
  key: 68,
  min: 0,
  max: 1,
  flexibleFrom: 0,
  request: struct({
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: optional(nullableString, null),
    rackId: optional(nullableString, null),
    rebalanceTimeoutMs: optional(int32, -1),
    subscribedTopicNames: optional(nullableArray(string), null),
    subscribedTopicRegex: since(1, nullableString, null),
    serverAssignor: optional(nullableString, null),
    topicPartitions: optional(nullableArray(topicPartitions), null)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullableString, null),
    memberId: optional(nullableString, null),
    memberEpoch: optional(int32, 0),
    heartbeatIntervalMs: optional(int32, 0),
    assignment: optional(nullableStruct({ topicPartitions: array(topicPartitions) }), null)
  })
});

// infra/broker/src/protocol/apis/create-partitions.ts
var createPartitions = api({
  name: "CreatePartitions",
  key: 37,
  min: 0,
  max: 3,
  flexibleFrom: 2,
  request: struct({
    topics: array(struct({ name: string, count: int32, assignments: optional(nullableArray(struct({ brokerIds: array(int32) })), null) })),
    timeoutMs: optional(int32, 6e4),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(struct({ name: string, errorCode: int16, errorMessage: optional(nullableString, null) }))
  })
});

// infra/broker/src/protocol/apis/create-topics.ts
var createTopics = api({
  name: "CreateTopics",
  key: 19,
  min: 2,
  max: 7,
  flexibleFrom: 5,
  request: struct({
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: optional(array(struct({ partitionIndex: int32, brokerIds: array(int32) })), []),
        configs: optional(array(struct({ name: string, value: nullableString })), [])
      })
    ),
    timeoutMs: optional(int32, 6e4),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        name: string,
        topicId: since(7, uuid, zeroUuid),
        errorCode: int16,
        errorMessage: optional(nullableString, null),
        topicConfigErrorCode: tagged(0, 5, int16, 0),
        numPartitions: since(5, int32, -1),
        replicationFactor: since(5, int16, -1),
        configs: since(
          5,
          nullableArray(
            struct({ name: string, value: nullableString, readOnly: boolean, configSource: optional(int8, -1), isSensitive: boolean })
          ),
          null
        )
      })
    )
  })
});

// infra/broker/src/protocol/apis/delete-groups.ts
var deleteGroups = api({
  name: "DeleteGroups",
  key: 42,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({ groupsNames: array(string) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(struct({ groupId: string, errorCode: int16 }))
  })
});

// infra/broker/src/protocol/apis/delete-records.ts
var deleteRecords = api({
  name: "DeleteRecords",
  key: 21,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, offset: int64 })) })),
    timeoutMs: optional(int32, 6e4)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 })) }))
  })
});

// infra/broker/src/protocol/apis/delete-topics.ts
var deleteTopics = api({
  name: "DeleteTopics",
  key: 20,
  min: 1,
  max: 6,
  flexibleFrom: 4,
  request: struct({
    topics: since(6, array(struct({ name: optional(nullableString, null), topicId: optional(uuid, zeroUuid) })), []),
    topicNames: between(1, 5, array(string), []),
    timeoutMs: optional(int32, 6e4)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(
      struct({
        name: nullableString,
        topicId: since(6, uuid, zeroUuid),
        errorCode: int16,
        errorMessage: since(5, nullableString, null)
      })
    )
  })
});

// infra/broker/src/protocol/apis/describe-cluster.ts
var describeCluster = api({
  name: "DescribeCluster",
  key: 60,
  min: 0,
  max: 2,
  flexibleFrom: 0,
  request: struct({
    includeClusterAuthorizedOperations: optional(boolean, false),
    endpointType: since(1, int8, 1),
    includeFencedBrokers: since(2, boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullableString, null),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: int32,
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: optional(nullableString, null),
        isFenced: since(2, boolean, false)
      })
    ),
    clusterAuthorizedOperations: optional(int32, -2147483648)
  })
});

// infra/broker/src/protocol/apis/describe-configs.ts
var configResource = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 };
var configSource = { topic: 1, dynamicBroker: 2, dynamicDefaultBroker: 3, staticBroker: 4, default: 5 };
var describeConfigs = api({
  name: "DescribeConfigs",
  key: 32,
  min: 1,
  max: 4,
  flexibleFrom: 4,
  request: struct({
    resources: array(struct({ resourceType: int8, resourceName: string, configurationKeys: optional(nullableArray(string), null) })),
    includeSynonyms: optional(boolean, false),
    includeDocumentation: since(3, boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullableString, null),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: nullableString,
            readOnly: optional(boolean, false),
            configSource: optional(int8, -1),
            isSensitive: optional(boolean, false),
            synonyms: optional(array(struct({ name: string, value: nullableString, source: int8 })), []),
            configType: since(3, int8, 0),
            documentation: since(3, nullableString, null)
          })
        )
      })
    )
  })
});

// infra/broker/src/protocol/apis/describe-groups.ts
var describeGroups = api({
  name: "DescribeGroups",
  key: 15,
  min: 0,
  max: 6,
  flexibleFrom: 5,
  request: struct({ groups: array(string), includeAuthorizedOperations: since(3, boolean, false) }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: since(6, nullableString, null),
        groupId: string,
        groupState: string,
        protocolType: optional(string, ""),
        protocolData: optional(string, ""),
        members: array(
          struct({
            memberId: string,
            groupInstanceId: since(4, nullableString, null),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes
          })
        ),
        authorizedOperations: since(3, int32, -2147483648)
      })
    )
  })
});

// infra/broker/src/protocol/apis/describe-log-dirs.ts
var describeLogDirs = api({
  name: "DescribeLogDirs",
  key: 35,
  min: 1,
  max: 5,
  flexibleFrom: 2,
  request: struct({ topics: optional(nullableArray(struct({ topic: string, partitions: array(int32) })), null) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: since(3, int16, 0),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({
                partitionIndex: int32,
                partitionSize: int64,
                offsetLag: optional(int64, 0),
                isFutureKey: optional(boolean, false)
              })
            )
          })
        ),
        totalBytes: since(4, int64, -1),
        usableBytes: since(4, int64, -1),
        isCordoned: since(5, boolean, false)
      })
    )
  })
});

// infra/broker/src/protocol/apis/describe-producers.ts
var describeProducers = api({
  name: "DescribeProducers",
  key: 61,
  min: 0,
  max: 0,
  flexibleFrom: 0,
  request: struct({ topics: array(struct({ name: string, partitionIndexes: array(int32) })) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: optional(nullableString, null),
            activeProducers: array(
              struct({
                producerId: int64,
                producerEpoch: int32,
                lastSequence: optional(int32, -1),
                lastTimestamp: optional(int64, -1),
                coordinatorEpoch: optional(int32, 0),
                currentTxnStartOffset: optional(int64, -1)
              })
            )
          })
        )
      })
    )
  })
});

// infra/broker/src/protocol/apis/describe-topic-partitions.ts
var cursor = nullableStruct({ topicName: string, partitionIndex: int32 });
var describeTopicPartitions = api({
  name: "DescribeTopicPartitions",
  key: 75,
  min: 0,
  max: 0,
  flexibleFrom: 0,
  request: struct({
    topics: array(struct({ name: string })),
    responsePartitionLimit: optional(int32, 2e3),
    cursor: optional(cursor, null)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        errorCode: int16,
        name: nullableString,
        topicId: optional(uuid, zeroUuid),
        isInternal: optional(boolean, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: optional(int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            eligibleLeaderReplicas: optional(nullableArray(int32), null),
            lastKnownElr: optional(nullableArray(int32), null),
            offlineReplicas: optional(array(int32), [])
          })
        ),
        topicAuthorizedOperations: optional(int32, -2147483648)
      })
    ),
    nextCursor: optional(cursor, null)
  })
});

// infra/broker/src/protocol/apis/describe-transactions.ts
var describeTransactions = api({
  name: "DescribeTransactions",
  key: 65,
  min: 0,
  max: 0,
  flexibleFrom: 0,
  request: struct({ transactionalIds: array(string) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    transactionStates: array(
      struct({
        errorCode: int16,
        transactionalId: string,
        transactionState: optional(string, ""),
        transactionTimeoutMs: optional(int32, 0),
        transactionStartTimeMs: optional(int64, 0),
        producerId: optional(int64, 0),
        producerEpoch: optional(int16, 0),
        topics: optional(array(struct({ topic: string, partitions: array(int32) })), [])
      })
    )
  })
});

// infra/broker/src/protocol/apis/end-txn.ts
var endTxn = api({
  name: "EndTxn",
  key: 26,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({ transactionalId: string, producerId: int64, producerEpoch: int16, committed: boolean }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    producerId: since(5, int64, -1),
    producerEpoch: since(5, int16, -1)
  })
});

// infra/broker/src/protocol/apis/produce.ts
var leader = struct({ leaderId: int32, leaderEpoch: int32 });
var nodeEndpoint = struct({ nodeId: int32, host: string, port: int32, rack: optional(nullableString, null) });
var noLeader = { leaderId: -1, leaderEpoch: -1 };
var produce = api({
  name: "Produce",
  key: 0,
  min: 0,
  max: 13,
  flexibleFrom: 9,
  request: struct({
    transactionalId: since(3, nullableString, null),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct({
        name: between(0, 12, string, ""),
        topicId: since(13, uuid, zeroUuid),
        partitionData: array(struct({ index: int32, records }))
      })
    )
  }),
  response: struct({
    responses: array(
      struct({
        name: between(0, 12, string, ""),
        topicId: since(13, uuid, zeroUuid),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: since(2, int64, -1),
            logStartOffset: since(5, int64, -1),
            recordErrors: since(8, array(struct({ batchIndex: int32, batchIndexErrorMessage: optional(nullableString, null) })), []),
            errorMessage: since(8, nullableString, null),
            currentLeader: tagged(0, 10, leader, noLeader)
          })
        )
      })
    ),
    throttleTimeMs: since(1, int32, 0),
    nodeEndpoints: tagged(0, 10, array(nodeEndpoint), [])
  })
});

// infra/broker/src/protocol/apis/fetch.ts
var noEpoch = { epoch: -1, endOffset: -1 };
var noLeader2 = { leaderId: -1, leaderEpoch: -1 };
var noReplica = { replicaId: -1, replicaEpoch: -1 };
var int32Max = 2147483647;
var isolationLevel = { readUncommitted: 0, readCommitted: 1 };
var fetch = api({
  name: "Fetch",
  key: 1,
  min: 4,
  max: 18,
  flexibleFrom: 12,
  request: struct({
    clusterId: tagged(0, 12, nullableString, null),
    replicaId: between(4, 14, int32, -1),
    replicaState: tagged(1, 15, struct({ replicaId: int32, replicaEpoch: int64 }), noReplica),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: since(4, int32, int32Max),
    isolationLevel: since(4, int8, 0),
    sessionId: since(7, int32, 0),
    sessionEpoch: since(7, int32, -1),
    topics: array(
      struct({
        topic: between(4, 12, string, ""),
        topicId: since(13, uuid, zeroUuid),
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: since(9, int32, -1),
            fetchOffset: int64,
            lastFetchedEpoch: since(12, int32, -1),
            logStartOffset: since(5, int64, -1),
            partitionMaxBytes: int32,
            replicaDirectoryId: tagged(0, 17, uuid, zeroUuid),
            highWatermark: tagged(1, 18, int64, Number.MAX_SAFE_INTEGER)
          })
        )
      })
    ),
    forgottenTopicsData: since(
      7,
      array(struct({ topic: between(7, 12, string, ""), topicId: since(13, uuid, zeroUuid), partitions: array(int32) })),
      []
    ),
    rackId: since(11, string, "")
  }),
  response: struct({
    throttleTimeMs: since(4, int32, 0),
    errorCode: since(7, int16, 0),
    sessionId: since(7, int32, 0),
    responses: array(
      struct({
        topic: between(4, 12, string, ""),
        topicId: since(13, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: since(4, int64, -1),
            logStartOffset: since(5, int64, -1),
            divergingEpoch: tagged(0, 12, struct({ epoch: int32, endOffset: int64 }), noEpoch),
            currentLeader: tagged(1, 12, struct({ leaderId: int32, leaderEpoch: int32 }), noLeader2),
            snapshotId: tagged(2, 12, struct({ endOffset: int64, epoch: int32 }), noEpoch),
            abortedTransactions: since(4, nullableArray(struct({ producerId: int64, firstOffset: int64 })), null),
            preferredReadReplica: since(11, int32, -1),
            records
          })
        )
      })
    ),
    nodeEndpoints: tagged(0, 16, array(nodeEndpoint), [])
  })
});

// infra/broker/src/protocol/apis/find-coordinator.ts
var coordinatorKeyType = { group: 0, transaction: 1, share: 2 };
var findCoordinator = api({
  name: "FindCoordinator",
  key: 10,
  min: 0,
  max: 6,
  flexibleFrom: 3,
  request: struct({
    key: between(0, 3, string, ""),
    keyType: since(1, int8, coordinatorKeyType.group),
    coordinatorKeys: since(4, array(string), [])
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: between(0, 3, int16, 0),
    errorMessage: between(1, 3, nullableString, null),
    nodeId: between(0, 3, int32, -1),
    host: between(0, 3, string, ""),
    port: between(0, 3, int32, -1),
    coordinators: since(
      4,
      array(
        struct({
          key: string,
          nodeId: int32,
          host: string,
          port: int32,
          errorCode: int16,
          errorMessage: optional(nullableString, null)
        })
      ),
      []
    )
  })
});

// infra/broker/src/protocol/apis/heartbeat.ts
var heartbeat = api({
  name: "Heartbeat",
  key: 12,
  min: 0,
  max: 4,
  flexibleFrom: 4,
  request: struct({ groupId: string, generationId: int32, memberId: string, groupInstanceId: since(3, nullableString, null) }),
  response: struct({ throttleTimeMs: since(1, int32, 0), errorCode: int16 })
});

// infra/broker/src/protocol/apis/incremental-alter-configs.ts
var configOperation = { set: 0, delete: 1, append: 2, subtract: 3 };
var incrementalAlterConfigs = api({
  name: "IncrementalAlterConfigs",
  key: 44,
  min: 0,
  max: 1,
  flexibleFrom: 1,
  request: struct({
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, configOperation: int8, value: optional(nullableString, null) }))
      })
    ),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(struct({ errorCode: int16, errorMessage: optional(nullableString, null), resourceType: int8, resourceName: string }))
  })
});

// infra/broker/src/protocol/apis/init-producer-id.ts
var initProducerId = api({
  name: "InitProducerId",
  key: 22,
  min: 0,
  max: 5,
  flexibleFrom: 2,
  request: struct({
    transactionalId: nullableString,
    transactionTimeoutMs: optional(int32, 0),
    producerId: since(3, int64, -1),
    producerEpoch: since(3, int16, -1)
  }),
  response: struct({ throttleTimeMs: optional(int32, 0), errorCode: int16, producerId: int64, producerEpoch: int16 })
});

// infra/broker/src/protocol/apis/join-group.ts
var joinGroup = api({
  name: "JoinGroup",
  key: 11,
  min: 0,
  max: 9,
  flexibleFrom: 6,
  request: struct({
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1),
    memberId: string,
    groupInstanceId: since(5, nullableString, null),
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
    reason: since(8, nullableString, null)
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    errorCode: int16,
    generationId: optional(int32, -1),
    protocolType: since(7, nullableString, null),
    protocolName: nullableString,
    leader: string,
    skipAssignment: since(9, boolean, false),
    memberId: string,
    members: array(struct({ memberId: string, groupInstanceId: since(5, nullableString, null), metadata: bytes }))
  })
});

// infra/broker/src/protocol/apis/leave-group.ts
var leaveGroup = api({
  name: "LeaveGroup",
  key: 13,
  min: 0,
  max: 5,
  flexibleFrom: 4,
  request: struct({
    groupId: string,
    memberId: between(0, 2, string, ""),
    members: since(
      3,
      array(struct({ memberId: string, groupInstanceId: optional(nullableString, null), reason: since(5, nullableString, null) })),
      []
    )
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    members: since(3, array(struct({ memberId: string, groupInstanceId: optional(nullableString, null), errorCode: int16 })), [])
  })
});

// infra/broker/src/protocol/apis/list-config-resources.ts
var listConfigResources = api({
  name: "ListConfigResources",
  key: 74,
  min: 0,
  max: 1,
  flexibleFrom: 0,
  request: struct({ resourceTypes: since(1, array(int8), []) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    configResources: array(struct({ resourceName: string, resourceType: since(1, int8, 16) }))
  })
});

// infra/broker/src/protocol/apis/list-groups.ts
var listGroups = api({
  name: "ListGroups",
  key: 16,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({ statesFilter: since(4, array(string), []), typesFilter: since(5, array(string), []) }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    groups: array(struct({ groupId: string, protocolType: string, groupState: since(4, string, ""), groupType: since(5, string, "") }))
  })
});

// infra/broker/src/protocol/apis/list-offsets.ts
var listOffsetsTimestamp = {
  latest: -1,
  earliest: -2,
  /** The record with the highest timestamp (7+, KIP-734). */
  maxTimestamp: -3,
  /** The first offset on local disk (8+, KIP-405). */
  earliestLocal: -4,
  /** The last offset in remote storage (9+, KIP-1005). */
  latestTiered: -5,
  /** The first offset not yet in remote storage (11+, KIP-1023). */
  earliestPendingUpload: -6
};
var listOffsets = api({
  name: "ListOffsets",
  key: 2,
  min: 1,
  max: 11,
  flexibleFrom: 6,
  request: struct({
    replicaId: optional(int32, -1),
    isolationLevel: since(2, int8, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ partitionIndex: int32, currentLeaderEpoch: since(4, int32, -1), timestamp: int64 }))
      })
    ),
    timeoutMs: since(10, int32, 0)
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            timestamp: optional(int64, -1),
            offset: optional(int64, -1),
            leaderEpoch: since(4, int32, -1)
          })
        )
      })
    )
  })
});

// infra/broker/src/protocol/apis/list-transactions.ts
var listTransactions = api({
  name: "ListTransactions",
  key: 66,
  min: 0,
  max: 2,
  flexibleFrom: 0,
  request: struct({
    stateFilters: optional(array(string), []),
    producerIdFilters: optional(array(int64), []),
    durationFilter: since(1, int64, -1),
    transactionalIdPattern: since(2, nullableString, null)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    unknownStateFilters: optional(array(string), []),
    transactionStates: array(struct({ transactionalId: string, producerId: int64, transactionState: string }))
  })
});

// infra/broker/src/protocol/apis/metadata.ts
var operationsUnknown = -2147483648;
var metadata = api({
  name: "Metadata",
  key: 3,
  min: 0,
  max: 13,
  flexibleFrom: 9,
  request: struct({
    topics: nullableArray(struct({ topicId: since(10, uuid, zeroUuid), name: nullableString })),
    allowAutoTopicCreation: since(4, boolean, true),
    includeClusterAuthorizedOperations: between(8, 10, boolean, false),
    includeTopicAuthorizedOperations: since(8, boolean, false)
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: since(1, nullableString, null) })),
    clusterId: since(2, nullableString, null),
    controllerId: since(1, int32, -1),
    topics: array(
      struct({
        errorCode: int16,
        name: nullableString,
        topicId: since(10, uuid, zeroUuid),
        isInternal: since(1, boolean, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: since(7, int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: since(5, array(int32), [])
          })
        ),
        topicAuthorizedOperations: since(8, int32, operationsUnknown)
      })
    ),
    clusterAuthorizedOperations: between(8, 10, int32, operationsUnknown),
    errorCode: since(13, int16, 0)
  })
});

// infra/broker/src/protocol/apis/offset-commit.ts
var offsetCommit = api({
  name: "OffsetCommit",
  key: 8,
  min: 2,
  max: 10,
  flexibleFrom: 8,
  request: struct({
    groupId: string,
    generationIdOrMemberEpoch: optional(int32, -1),
    memberId: optional(string, ""),
    groupInstanceId: since(7, nullableString, null),
    retentionTimeMs: between(2, 4, int64, -1),
    topics: array(
      struct({
        name: between(2, 9, string, ""),
        topicId: since(10, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(6, int32, -1),
            committedMetadata: optional(nullableString, null)
          })
        )
      })
    )
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    topics: array(
      struct({
        name: between(2, 9, string, ""),
        topicId: since(10, uuid, zeroUuid),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 }))
      })
    )
  })
});

// infra/broker/src/protocol/apis/offset-delete.ts
var offsetDelete = api({
  name: "OffsetDelete",
  key: 47,
  min: 0,
  max: 0,
  flexibleFrom: 1,
  request: struct({ groupId: string, topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32 })) })) }),
  response: struct({
    errorCode: int16,
    throttleTimeMs: optional(int32, 0),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }))
  })
});

// infra/broker/src/protocol/apis/offset-fetch.ts
var committed = struct({
  partitionIndex: int32,
  committedOffset: int64,
  committedLeaderEpoch: since(5, int32, -1),
  metadata: nullableString,
  errorCode: int16
});
var offsetFetch = api({
  name: "OffsetFetch",
  key: 9,
  min: 1,
  max: 10,
  flexibleFrom: 6,
  request: struct({
    groupId: between(1, 7, string, ""),
    topics: between(1, 7, nullableArray(struct({ name: string, partitionIndexes: array(int32) })), null),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          memberId: since(9, nullableString, null),
          memberEpoch: since(9, int32, -1),
          topics: nullableArray(
            struct({ name: between(8, 9, string, ""), topicId: since(10, uuid, zeroUuid), partitionIndexes: array(int32) })
          )
        })
      ),
      []
    ),
    requireStable: since(7, boolean, false)
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    topics: between(1, 7, array(struct({ name: string, partitions: array(committed) })), []),
    errorCode: between(2, 7, int16, 0),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          topics: array(struct({ name: between(8, 9, string, ""), topicId: since(10, uuid, zeroUuid), partitions: array(committed) })),
          errorCode: int16
        })
      ),
      []
    )
  })
});

// infra/broker/src/protocol/apis/offset-for-leader-epoch.ts
var offsetForLeaderEpoch = api({
  name: "OffsetForLeaderEpoch",
  key: 23,
  min: 2,
  max: 4,
  flexibleFrom: 4,
  request: struct({
    replicaId: since(3, int32, -2),
    topics: array(
      struct({
        topic: string,
        partitions: array(struct({ partition: int32, currentLeaderEpoch: optional(int32, -1), leaderEpoch: int32 }))
      })
    )
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        topic: string,
        partitions: array(struct({ errorCode: int16, partition: int32, leaderEpoch: optional(int32, -1), endOffset: optional(int64, -1) }))
      })
    )
  })
});

// infra/broker/src/protocol/apis/sasl-authenticate.ts
var saslAuthenticate = api({
  name: "SaslAuthenticate",
  key: 36,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({ authBytes: bytes }),
  response: struct({
    errorCode: int16,
    errorMessage: optional(nullableString, null),
    authBytes: bytes,
    sessionLifetimeMs: since(1, int64, 0)
  })
});

// infra/broker/src/protocol/apis/sasl-handshake.ts
var saslHandshake = api({
  name: "SaslHandshake",
  key: 17,
  min: 0,
  max: 1,
  flexibleFrom: 2,
  request: struct({ mechanism: string }),
  response: struct({ errorCode: int16, mechanisms: array(string) })
});

// infra/broker/src/protocol/apis/sync-group.ts
var syncGroup = api({
  name: "SyncGroup",
  key: 14,
  min: 0,
  max: 5,
  flexibleFrom: 4,
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullableString, null),
    protocolType: since(5, nullableString, null),
    protocolName: since(5, nullableString, null),
    assignments: array(struct({ memberId: string, assignment: bytes }))
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    protocolType: since(5, nullableString, null),
    protocolName: since(5, nullableString, null),
    assignment: bytes
  })
});

// infra/broker/src/protocol/apis/txn-offset-commit.ts
var txnOffsetCommit = api({
  name: "TxnOffsetCommit",
  key: 28,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: since(3, int32, -1),
    memberId: since(3, string, ""),
    groupInstanceId: since(3, nullableString, null),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(2, int32, -1),
            committedMetadata: optional(nullableString, null)
          })
        )
      })
    )
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }))
  })
});

// infra/broker/src/protocol/apis/write-txn-markers.ts
var writeTxnMarkers = api({
  name: "WriteTxnMarkers",
  key: 27,
  min: 1,
  max: 2,
  flexibleFrom: 1,
  request: struct({
    markers: array(
      struct({
        producerId: int64,
        producerEpoch: int16,
        transactionResult: boolean,
        topics: array(struct({ name: string, partitionIndexes: array(int32) })),
        coordinatorEpoch: optional(int32, 0),
        transactionVersion: since(2, int8, 0)
      })
    )
  }),
  response: struct({
    markers: array(
      struct({
        producerId: int64,
        topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }))
      })
    )
  })
});

// infra/broker/src/protocol/apis.ts
var apis = {
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  saslHandshake,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  addPartitionsToTxn,
  addOffsetsToTxn,
  endTxn,
  writeTxnMarkers,
  txnOffsetCommit,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  incrementalAlterConfigs,
  offsetDelete,
  describeCluster,
  describeProducers,
  describeTransactions,
  listTransactions,
  consumerGroupHeartbeat,
  consumerGroupDescribe,
  listConfigResources,
  describeTopicPartitions
};
var apiNames = new Map(
  Object.entries(apis).map(([name, each]) => [each.key, name])
);

// infra/broker/src/protocol/record-batch.ts
import { crc32c } from "@node-rs/crc32";
var batchHeaderBytes = 61;
var batchPrefixBytes = 12;
var compressionTypes = ["none", "gzip", "snappy", "lz4", "zstd"];
var logAppendTimeFlag = 8;
var two322 = 4294967296;
function int64At(buffer, at) {
  return buffer.readInt32BE(at) * two322 + buffer.readUInt32BE(at + 4);
}
function batchSizeAt(buffer, at) {
  return batchPrefixBytes + buffer.readInt32BE(at + 8);
}
function baseOffsetAt(buffer, at) {
  return int64At(buffer, at);
}
function readBatchHeader(buffer, at = 0) {
  const baseOffset = int64At(buffer, at);
  const attributes = buffer.readInt16BE(at + 21);
  const lastOffsetDelta = buffer.readInt32BE(at + 23);
  return {
    baseOffset,
    size: batchSizeAt(buffer, at),
    partitionLeaderEpoch: buffer.readInt32BE(at + 12),
    magic: buffer.readInt8(at + 16),
    crc: buffer.readUInt32BE(at + 17),
    attributes,
    lastOffsetDelta,
    lastOffset: baseOffset + lastOffsetDelta,
    baseTimestamp: int64At(buffer, at + 27),
    maxTimestamp: int64At(buffer, at + 35),
    producerId: int64At(buffer, at + 43),
    producerEpoch: buffer.readInt16BE(at + 51),
    baseSequence: buffer.readInt32BE(at + 53),
    recordCount: buffer.readInt32BE(at + 57),
    compression: compressionTypes[attributes & 7],
    hasLogAppendTime: (attributes & logAppendTimeFlag) !== 0,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0
  };
}
function patchBatch(buffer, at, baseOffset, leaderEpoch2) {
  const high = Math.floor(baseOffset / two322);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(baseOffset - high * two322, at + 4);
  buffer.writeInt32BE(leaderEpoch2, at + 12);
}
function stampBatch(buffer, at, size, time) {
  buffer.writeInt16BE(buffer.readInt16BE(at + 21) | logAppendTimeFlag, at + 21);
  buffer.writeBigInt64BE(BigInt(time), at + 35);
  buffer.writeUInt32BE(crc32c(buffer.subarray(at + 21, at + size)), at + 17);
}
function hasValidCrc(buffer, at, size) {
  return crc32c(buffer.subarray(at + 21, at + size)) === buffer.readUInt32BE(at + 17);
}

// infra/broker/src/protocol/control-record.ts
var markerType = { abort: 0, commit: 1 };
var transactionalControlFlags = 16 | 32;
var keyBytes = 4;
var valueBytes = 6;
function bytesOf(writer) {
  return Buffer.concat(writer.finish().parts);
}
function recordOf({ coordinatorEpoch: coordinatorEpoch2, isCommit: isCommit2 }) {
  const body = new Writer();
  body.int8(0);
  body.varint(0);
  body.varint(0);
  body.varint(keyBytes);
  body.int16(0);
  body.int16(isCommit2 ? markerType.commit : markerType.abort);
  body.varint(valueBytes);
  body.int16(0);
  body.int32(coordinatorEpoch2);
  body.varint(0);
  const bytes2 = bytesOf(body);
  const length = new Writer();
  length.varint(bytes2.length);
  return Buffer.concat([bytesOf(length), bytes2]);
}
function encodeMarker(marker) {
  const record = recordOf(marker);
  const writer = new Writer();
  writer.int64(0);
  writer.int32(batchHeaderBytes - 12 + record.length);
  writer.int32(-1);
  writer.int8(2);
  writer.int32(0);
  writer.int16(transactionalControlFlags);
  writer.int32(0);
  writer.int64(marker.timestamp);
  writer.int64(marker.timestamp);
  writer.int64(marker.producerId);
  writer.int16(marker.producerEpoch);
  writer.int32(-1);
  writer.int32(1);
  const batch = Buffer.concat([bytesOf(writer), record]);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
function readMarker(buffer, at) {
  const reader = new Reader(buffer);
  reader.offset = at + batchHeaderBytes;
  reader.varint();
  reader.take(1);
  reader.varint();
  reader.varint();
  if (reader.varint() !== keyBytes) return void 0;
  reader.int16();
  const type = reader.int16();
  if (type !== markerType.abort && type !== markerType.commit) return void 0;
  if (reader.varint() < valueBytes) return void 0;
  reader.int16();
  return { isCommit: type === markerType.commit, coordinatorEpoch: reader.int32() };
}

// infra/broker/src/protocol/errors.ts
var errorCodes = {
  UNKNOWN_SERVER_ERROR: -1,
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  INVALID_FETCH_SIZE: 4,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  STALE_CONTROLLER_EPOCH: 11,
  OFFSET_METADATA_TOO_LARGE: 12,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_GROUP_ID: 24,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_COMMIT_OFFSET_SIZE: 28,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  INVALID_TRANSACTION_TIMEOUT: 50,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTION_COORDINATOR_FENCED: 52,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SECURITY_DISABLED: 54,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  LOG_DIR_NOT_FOUND: 57,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  REASSIGNMENT_IN_PROGRESS: 60,
  DELEGATION_TOKEN_AUTH_DISABLED: 61,
  DELEGATION_TOKEN_NOT_FOUND: 62,
  DELEGATION_TOKEN_OWNER_MISMATCH: 63,
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 64,
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 65,
  DELEGATION_TOKEN_EXPIRED: 66,
  INVALID_PRINCIPAL_TYPE: 67,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  INVALID_FETCH_SESSION_EPOCH: 71,
  LISTENER_NOT_FOUND: 72,
  TOPIC_DELETION_DISABLED: 73,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  STALE_BROKER_EPOCH: 77,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  PREFERRED_LEADER_NOT_AVAILABLE: 80,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 83,
  ELECTION_NOT_NEEDED: 84,
  NO_REASSIGNMENT_IN_PROGRESS: 85,
  GROUP_SUBSCRIBED_TO_TOPIC: 86,
  INVALID_RECORD: 87,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  PRODUCER_FENCED: 90,
  RESOURCE_NOT_FOUND: 91,
  DUPLICATE_RESOURCE: 92,
  UNACCEPTABLE_CREDENTIAL: 93,
  INCONSISTENT_VOTER_SET: 94,
  INVALID_UPDATE_VERSION: 95,
  FEATURE_UPDATE_FAILED: 96,
  PRINCIPAL_DESERIALIZATION_FAILURE: 97,
  SNAPSHOT_NOT_FOUND: 98,
  POSITION_OUT_OF_RANGE: 99,
  UNKNOWN_TOPIC_ID: 100,
  DUPLICATE_BROKER_REGISTRATION: 101,
  BROKER_ID_NOT_REGISTERED: 102,
  INCONSISTENT_TOPIC_ID: 103,
  INCONSISTENT_CLUSTER_ID: 104,
  TRANSACTIONAL_ID_NOT_FOUND: 105,
  FETCH_SESSION_TOPIC_ID_ERROR: 106,
  INELIGIBLE_REPLICA: 107,
  NEW_LEADER_ELECTED: 108,
  OFFSET_MOVED_TO_TIERED_STORAGE: 109,
  FENCED_MEMBER_EPOCH: 110,
  UNRELEASED_INSTANCE_ID: 111,
  UNSUPPORTED_ASSIGNOR: 112,
  STALE_MEMBER_EPOCH: 113,
  MISMATCHED_ENDPOINT_TYPE: 114,
  UNSUPPORTED_ENDPOINT_TYPE: 115,
  UNKNOWN_CONTROLLER_ID: 116,
  UNKNOWN_SUBSCRIPTION_ID: 117,
  TELEMETRY_TOO_LARGE: 118,
  INVALID_REGISTRATION: 119,
  TRANSACTION_ABORTABLE: 120,
  INVALID_RECORD_STATE: 121,
  SHARE_SESSION_NOT_FOUND: 122,
  INVALID_SHARE_SESSION_EPOCH: 123,
  FENCED_STATE_EPOCH: 124,
  INVALID_VOTER_KEY: 125,
  DUPLICATE_VOTER: 126,
  VOTER_NOT_FOUND: 127,
  INVALID_REGULAR_EXPRESSION: 128,
  REBOOTSTRAP_REQUIRED: 129,
  STREAMS_INVALID_TOPOLOGY: 130,
  STREAMS_INVALID_TOPOLOGY_EPOCH: 131,
  STREAMS_TOPOLOGY_FENCED: 132,
  SHARE_SESSION_LIMIT_REACHED: 133
};
var names = new Map(Object.entries(errorCodes).map(([name, code]) => [code, name]));
function errorName(code) {
  return names.get(code) ?? "UNKNOWN_SERVER_ERROR";
}
var KafkaError = class extends Error {
  constructor(errorName2, reason, options) {
    super(`${errorName2}: ${reason}`, options);
    this.errorName = errorName2;
    this.reason = reason;
  }
  errorName;
  reason;
  name = "KafkaError";
  get code() {
    return errorCodes[this.errorName];
  }
};

// infra/broker/src/protocol/frames.ts
var defaultFrameBytesMax = 104857600;
var sizePrefixBytes = 4;
function skipTags(reader) {
  for (let count = reader.uvarint(); count > 0; count--) {
    reader.uvarint();
    reader.take(reader.uvarint());
  }
}
function finishFrame(writer) {
  const { parts, length } = writer.finish();
  parts[0].writeInt32BE(length - sizePrefixBytes, 0);
  return parts;
}
function readBody(reader, codec, api2, version2) {
  reader.version = version2;
  reader.flexible = version2 >= api2.flexibleFrom;
  return codec.read(reader);
}
function readRequestHeader(reader) {
  const apiKey = reader.int16();
  const version2 = reader.int16();
  const correlationId = reader.int32();
  const apiName = apiNames.get(apiKey);
  const api2 = apiName && apis[apiName];
  const isSupported = api2 !== void 0 && version2 >= api2.min && version2 <= api2.max;
  if (!isSupported) return { apiKey, version: version2, correlationId, clientId: null, apiName, isSupported };
  const clientIdLength = reader.int16();
  const clientId = clientIdLength < 0 ? null : reader.text(clientIdLength);
  if (version2 >= api2.flexibleFrom) skipTags(reader);
  return { apiKey, version: version2, correlationId, clientId, apiName, isSupported };
}
function decodeRequestHeader(frame) {
  return readRequestHeader(new Reader(frame));
}
function decodeRequest(frame, elementsMax = Number.POSITIVE_INFINITY) {
  const reader = new Reader(frame);
  reader.elementsLeft = elementsMax;
  const header = readRequestHeader(reader);
  if (!header.apiName || !header.isSupported) throw new RangeError(`API ${header.apiKey} version ${header.version} is not spoken here`);
  const api2 = apis[header.apiName];
  return { header, name: header.apiName, body: readBody(reader, api2.request, api2, header.version) };
}
function hasResponseTags(api2, version2) {
  return version2 >= api2.flexibleFrom && api2.key !== apiVersions.key;
}
function encodeResponseParts(name, version2, correlationId, body) {
  const api2 = apis[name];
  const writer = new Writer();
  writer.int32(0);
  writer.int32(correlationId);
  writer.version = version2;
  writer.flexible = version2 >= api2.flexibleFrom;
  if (hasResponseTags(api2, version2)) writer.uvarint(0);
  api2.response.write(writer, body);
  return finishFrame(writer);
}
var FrameSizeError = class extends Error {
  name = "FrameSizeError";
};
var firstFrameBytes = 1024 * 1024;
var FrameSplitter = class {
  constructor(frameBytesMax = defaultFrameBytesMax) {
    this.frameBytesMax = frameBytesMax;
  }
  frameBytesMax;
  /** The first bytes of a size prefix that the last chunk cut. */
  prefix = Buffer.alloc(0);
  /** The frame of `size` bytes under way, of which `filled` are there; it grows with them. */
  frame;
  size = 0;
  filled = 0;
  /** The frames that `chunk` completes, without their size prefixes. Throws FrameSizeError. */
  push(chunk) {
    const frames = [];
    let rest = chunk;
    if (this.frame) {
      const copied = this.fill(rest.subarray(0, this.size - this.filled));
      if (this.filled < this.size) return frames;
      frames.push(this.frame);
      this.frame = void 0;
      rest = rest.subarray(copied);
    }
    if (this.prefix.length > 0) rest = Buffer.concat([this.prefix, rest]);
    while (rest.length >= sizePrefixBytes) {
      const size = this.checkedSize(rest.readInt32BE(0));
      const end2 = sizePrefixBytes + size;
      if (rest.length < end2) {
        this.size = size;
        this.frame = Buffer.allocUnsafeSlow(Math.min(size, Math.max(firstFrameBytes, rest.length)));
        this.filled = rest.copy(this.frame, 0, sizePrefixBytes);
        rest = rest.subarray(rest.length);
        break;
      }
      frames.push(rest.subarray(sizePrefixBytes, end2));
      rest = rest.subarray(end2);
    }
    this.prefix = Buffer.from(rest);
    return frames;
  }
  /** Copies bytes of the frame under way, for which it grows; returns how many. */
  fill(bytes2) {
    const filled = this.filled + bytes2.length;
    let frame = this.frame;
    if (filled > frame.length) {
      frame = Buffer.allocUnsafeSlow(Math.min(this.size, Math.max(frame.length * 2, filled)));
      this.frame.copy(frame, 0, 0, this.filled);
      this.frame = frame;
    }
    bytes2.copy(frame, this.filled);
    this.filled = filled;
    return bytes2.length;
  }
  checkedSize(size) {
    if (size < 0 || size > this.frameBytesMax) throw new FrameSizeError(`frame of ${size} bytes, allowed are 0 to ${this.frameBytesMax}`);
    return size;
  }
};

// infra/broker/src/handlers/api-versions.ts
function advertised() {
  return Object.values(apis).map((api2) => ({ apiKey: api2.key, minVersion: api2.min, maxVersion: api2.max }));
}
var features = [
  { name: "group.version", level: 1 },
  { name: "transaction.version", level: 2 }
];
var apiVersions2 = () => ({
  errorCode: errorCodes.NONE,
  apiKeys: advertised(),
  supportedFeatures: features.map(({ level, name }) => ({ name, minVersion: 0, maxVersion: level })),
  finalizedFeaturesEpoch: 0,
  finalizedFeatures: features.map(({ level, name }) => ({ name, maxVersionLevel: level, minVersionLevel: level }))
});

// infra/broker/src/topics/config-values.ts
var configType = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 };
function whole(type, typeName, bits, min, fits) {
  const limit = 1n << bits - 1n;
  return {
    type,
    refuse(value) {
      const text = value.trim();
      const number = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace(/^\+/, "")) : void 0;
      if (number === void 0 || number < -limit || number >= limit) return { reason: `Not a number of type ${typeName}` };
      if (min !== void 0 && number < min) return { reason: `Value must be at least ${min}`, shown: String(number) };
      const reason = fits?.(number);
      return reason === void 0 ? void 0 : { reason, shown: String(number) };
    }
  };
}
var int = (min, fits) => whole(configType.int, "INT", 32n, min === void 0 ? void 0 : BigInt(min), fits);
var long = (min) => whole(configType.long, "LONG", 64n, min === void 0 ? void 0 : BigInt(min));
var truth = {
  type: configType.boolean,
  refuse: (value) => /^(true|false)$/i.test(value.trim()) ? void 0 : { reason: "Expected value to be either true or false" }
};
var fraction = {
  type: configType.double,
  refuse(value) {
    const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isNaN(number)) return { reason: "Not a number of type DOUBLE" };
    const shown = Number.isInteger(number) ? number.toFixed(1) : String(number);
    if (number < 0) return { reason: "Value must be at least 0", shown };
    return number > 1 ? { reason: "Value must be no more than 1", shown } : void 0;
  }
};
var oneOf = (...allowed) => ({
  type: configType.string,
  refuse: (value) => allowed.includes(value.trim()) ? void 0 : { reason: `String must be one of: ${allowed.join(", ")}` }
});
function elementsOf(value) {
  return value.trim() === "" ? [] : value.split(",").map((each) => each.trim());
}
var listOf = (...allowed) => ({
  type: configType.list,
  refuse(value) {
    const shown = elementsOf(value).find((each) => !allowed.includes(each));
    return shown === void 0 ? void 0 : { reason: `String must be one of: ${allowed.join(", ")}`, shown };
  }
});
var replicas = {
  type: configType.list,
  refuse(value, name) {
    const elements2 = elementsOf(value);
    const isFit = elements2.every((each) => /^\d+:\d+$/.test(each)) || elements2.length === 1 && elements2[0] === "*";
    const format = "[partitionId]:[brokerId],[partitionId]:[brokerId],...";
    const reason = `${name} must be the literal '*' or a list of replicas in the following format: ${format}`;
    return isFit ? void 0 : { reason, shown: `[${elements2.join(", ")}]` };
  }
};
function checkValue(kind, name, value) {
  const refusal2 = kind.refuse(value, name);
  if (refusal2)
    throw new KafkaError("INVALID_CONFIG", `Invalid value ${refusal2.shown ?? value} for configuration ${name}: ${refusal2.reason}`);
}

// infra/broker/src/topics/topic-configs.ts
var longMax = "9223372036854775807";
var codecs = ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];
var gzipLevel = int(
  void 0,
  (level) => level === -1n || level >= 1n && level <= 9n ? void 0 : "Value must be between 1 and 9 or equal to -1"
);
var zstdLevel = int(-131072, (level) => level <= 22n ? void 0 : "Value must be no more than 22");
var lz4Level = int(1, (level) => level <= 17n ? void 0 : "Value must be no more than 17");
var topicConfigs = {
  "cleanup.policy": { default: "delete", kind: listOf("compact", "delete"), broker: "log.cleanup.policy" },
  "compression.gzip.level": { default: "-1", kind: gzipLevel, broker: "compression.gzip.level" },
  "compression.lz4.level": { default: "9", kind: lz4Level, broker: "compression.lz4.level" },
  "compression.type": { default: "producer", kind: oneOf(...codecs), broker: "compression.type" },
  "compression.zstd.level": { default: "3", kind: zstdLevel, broker: "compression.zstd.level" },
  "delete.retention.ms": { default: "86400000", kind: long(0), broker: "log.cleaner.delete.retention.ms" },
  "file.delete.delay.ms": { default: "60000", kind: long(0), broker: "log.segment.delete.delay.ms" },
  "flush.messages": { default: longMax, kind: long(1), broker: "log.flush.interval.messages" },
  "flush.ms": { default: longMax, kind: long(0), broker: "log.flush.interval.ms" },
  "follower.replication.throttled.replicas": { default: "", kind: replicas },
  "index.interval.bytes": { default: "4096", kind: int(0), broker: "log.index.interval.bytes" },
  "leader.replication.throttled.replicas": { default: "", kind: replicas },
  "local.retention.bytes": { default: "-2", kind: long(-2), broker: "log.local.retention.bytes" },
  "local.retention.ms": { default: "-2", kind: long(-2), broker: "log.local.retention.ms" },
  "max.compaction.lag.ms": { default: longMax, kind: long(1), broker: "log.cleaner.max.compaction.lag.ms" },
  "max.message.bytes": { default: "1048588", kind: int(0), broker: "message.max.bytes" },
  "message.timestamp.after.max.ms": { default: "3600000", kind: long(0), broker: "log.message.timestamp.after.max.ms" },
  "message.timestamp.before.max.ms": { default: longMax, kind: long(0), broker: "log.message.timestamp.before.max.ms" },
  "message.timestamp.type": { default: "CreateTime", kind: oneOf("CreateTime", "LogAppendTime"), broker: "log.message.timestamp.type" },
  "min.cleanable.dirty.ratio": { default: "0.5", kind: fraction, broker: "log.cleaner.min.cleanable.ratio" },
  "min.compaction.lag.ms": { default: "0", kind: long(0), broker: "log.cleaner.min.compaction.lag.ms" },
  "min.insync.replicas": { default: "1", kind: int(1), broker: "min.insync.replicas" },
  preallocate: { default: "false", kind: truth, broker: "log.preallocate" },
  "remote.log.copy.disable": { default: "false", kind: truth },
  "remote.log.delete.on.disable": { default: "false", kind: truth },
  "remote.storage.enable": { default: "false", kind: truth },
  "retention.bytes": { default: "-1", kind: long(), broker: "log.retention.bytes" },
  "retention.ms": { default: "604800000", kind: long(-1), broker: "log.retention.ms" },
  "segment.bytes": { default: "1073741824", kind: int(1048576), broker: "log.segment.bytes" },
  "segment.index.bytes": { default: "10485760", kind: int(4), broker: "log.index.size.max.bytes" },
  "segment.jitter.ms": { default: "0", kind: long(0), broker: "log.roll.jitter.ms" },
  "segment.ms": { default: "604800000", kind: long(1), broker: "log.roll.ms" },
  "unclean.leader.election.enable": { default: "false", kind: truth, broker: "unclean.leader.election.enable" }
};
var topicConfigOfBroker = new Map(
  Object.entries(topicConfigs).flatMap(([name, { broker }]) => broker === void 0 ? [] : [[broker, name]])
);
function checkTopicConfigs(configs) {
  for (const name of Object.keys(configs)) {
    if (!Object.hasOwn(topicConfigs, name)) throw new KafkaError("INVALID_CONFIG", `Unknown topic config name: ${name}`);
  }
  for (const [name, value] of Object.entries(configs)) checkValue(topicConfigs[name].kind, name, value);
  if (configs["remote.storage.enable"]?.trim().toLowerCase() === "true") {
    const reason = "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.";
    throw new KafkaError("INVALID_CONFIG", reason);
  }
}
function readLogSettings(set, byDefault = {}) {
  const textOf = (name) => set[name] ?? byDefault[name] ?? topicConfigs[name].default;
  const numberOf2 = (name) => textOf(name).trim() === longMax ? Number.POSITIVE_INFINITY : Number(textOf(name));
  const unlessNegative = (value) => value < 0 ? Number.POSITIVE_INFINITY : value;
  const policies = elementsOf(textOf("cleanup.policy"));
  return {
    batchBytesMax: numberOf2("max.message.bytes"),
    hasLogAppendTime: textOf("message.timestamp.type").trim() === "LogAppendTime",
    timestampBeforeMaxMs: numberOf2("message.timestamp.before.max.ms"),
    timestampAfterMaxMs: numberOf2("message.timestamp.after.max.ms"),
    segmentBytes: numberOf2("segment.bytes"),
    segmentMs: policies.includes("compact") ? Math.min(numberOf2("segment.ms"), numberOf2("max.compaction.lag.ms")) : numberOf2("segment.ms"),
    isDeleted: policies.includes("delete"),
    retentionMs: unlessNegative(numberOf2("retention.ms")),
    retentionBytes: unlessNegative(numberOf2("retention.bytes")),
    isCompacted: policies.includes("compact"),
    deleteRetentionMs: numberOf2("delete.retention.ms"),
    minCompactionLagMs: numberOf2("min.compaction.lag.ms"),
    maxCompactionLagMs: numberOf2("max.compaction.lag.ms"),
    minCleanableRatio: numberOf2("min.cleanable.dirty.ratio")
  };
}

// infra/broker/src/topics/topics.ts
import { randomUUID } from "node:crypto";
import { existsSync as existsSync3, readFileSync as readFileSync3, rmSync as rmSync5 } from "node:fs";
import { join as join4 } from "node:path";

// infra/broker/src/errors.ts
var BrokerStartError = class extends Error {
  constructor(problem, message, options) {
    super(message, options);
    this.problem = problem;
  }
  problem;
  name = "BrokerStartError";
};
var FlagError = class extends Error {
  name = "FlagError";
};

// infra/broker/src/limits.ts
var mebibyte = 1024 * 1024;
var defaultLimits = {
  frameBytesMax: defaultFrameBytesMax,
  requestElementsMax: 1e6,
  connectionsMax: 1e4,
  connectionsPerAddressMax: 5e3,
  requestsInFlightMax: 64,
  fetchBytesMax: 64 * mebibyte,
  fetchBytesOfAllMax: 256 * mebibyte,
  fetchWaitMsMax: 3e5,
  groupMembersMax: 1e3,
  transactionMsMax: 9e5,
  transactionalIdsMax: 1e4,
  topicsMax: 1e4,
  partitionsPerTopicMax: 1e4,
  partitionsMax: 1e5,
  tailBytesMax: 8 * mebibyte
};
function unusable(name, problem) {
  return new BrokerStartError("LIMIT_UNUSABLE", `limits.${name}: ${problem}`);
}
function limitsOf(given = {}) {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in defaultLimits)) throw unusable(name, `there is no such limit. There are ${Object.keys(defaultLimits).join(", ")}.`);
    if (!Number.isSafeInteger(value) || value < 1) throw unusable(name, `must be a whole number from 1, not ${value}.`);
  }
  return { ...defaultLimits, ...given };
}

// infra/broker/src/log/atomic-file.ts
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
function syncFolder(path) {
  let fd;
  try {
    fd = openSync(path, "r");
    fsyncSync(fd);
  } catch {
  } finally {
    if (fd !== void 0) closeSync(fd);
  }
}
function replaceFile(path, text) {
  const fd = openSync(`${path}.new`, "w");
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
  syncFolder(dirname(path));
}

// infra/broker/src/log/partition-log.ts
import { mkdirSync, rmSync as rmSync4 } from "node:fs";
import { join as join3 } from "node:path";

// infra/broker/src/log/aborted.ts
var AbortedRanges = class {
  constructor(ranges = []) {
    this.ranges = ranges;
  }
  ranges;
  add(range2) {
    this.ranges.push(range2);
  }
  indexOf(offset) {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = low + high >>> 1;
      if (this.ranges[middle].lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** Whether a range ends at `offset` or later. */
  reaches(offset) {
    return this.ranges.length > 0 && this.ranges.at(-1).lastOffset >= offset;
  }
  /** The ranges that share an offset with `from` up to but not including `before`. */
  within(from, before) {
    const found = [];
    for (let index = this.indexOf(from); index < this.ranges.length; index++) {
      const range2 = this.ranges[index];
      if (range2.firstOffset < before) found.push(range2);
      if (range2.stableOffset >= before) break;
    }
    return found;
  }
  /** The ranges that ended from `from` up to but not including `before`. */
  endedWithin(from, before) {
    return this.ranges.slice(this.indexOf(from), this.indexOf(before));
  }
  /** Forgets ranges that ended before `offset`, where the log now begins. */
  dropBefore(offset) {
    this.ranges = this.ranges.slice(this.indexOf(offset));
  }
};

// infra/broker/src/log/unpack.ts
import * as zlib from "node:zlib";

// infra/broker/src/log/unpacked-output.ts
var UnpackedOutput = class {
  constructor(expected, bytesMax) {
    this.bytesMax = bytesMax;
    this.buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(expected, 1024), bytesMax));
  }
  bytesMax;
  buffer;
  length = 0;
  reserve(count) {
    const needed = this.length + count;
    if (needed > this.bytesMax) throw new RangeError(`unpacks to more than ${this.bytesMax} bytes`);
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed, this.buffer.length * 2), this.bytesMax));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
  literals(from, start, count) {
    if (start + count > from.length) throw new RangeError("literals end behind their block");
    this.reserve(count);
    from.copy(this.buffer, this.length, start, start + count);
    this.length += count;
  }
  /** Repeats what lies `distance` bytes behind; the two may overlap. */
  match(distance2, count) {
    const start = this.length - distance2;
    if (distance2 === 0 || start < 0) throw new RangeError("a match begins before its frame");
    this.reserve(count);
    if (distance2 >= count) this.buffer.copy(this.buffer, this.length, start, start + count);
    else for (let index = 0; index < count; index++) this.buffer[this.length + index] = this.buffer[start + index];
    this.length += count;
  }
  bytes() {
    return this.buffer.subarray(0, this.length);
  }
};

// infra/broker/src/log/unpack-lz4.ts
var frameMagic = 407708164;
var matchBytesMin = 4;
function unpackBlock(block, output) {
  let at = 0;
  const byte = () => {
    if (at >= block.length) throw new RangeError("a sequence ends behind its block");
    return block[at++];
  };
  const lengthOf = (nibble) => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let more = 255; more === 255; length += more) more = byte();
    return length;
  };
  while (at < block.length) {
    const token = byte();
    const literals = lengthOf(token >>> 4);
    output.literals(block, at, literals);
    at += literals;
    if (at === block.length) return;
    const distance2 = byte() | byte() << 8;
    output.match(distance2, lengthOf(token & 15) + matchBytesMin);
  }
}
function unpackLz4(packed, bytesMax) {
  if (packed.readUInt32LE(0) !== frameMagic) throw new RangeError("no LZ4 frame");
  const flags2 = packed.readUInt8(4);
  if (flags2 >>> 6 !== 1) throw new RangeError(`LZ4 frame of version ${flags2 >>> 6}`);
  const hasBlockChecksums = (flags2 & 16) !== 0;
  let at = 7 + ((flags2 & 8) === 0 ? 0 : 8) + ((flags2 & 1) === 0 ? 0 : 4);
  const output = new UnpackedOutput(packed.length * 4, bytesMax);
  for (; ; ) {
    const word = packed.readUInt32LE(at);
    at += 4;
    if (word === 0) return output.bytes();
    const size = word & 2147483647;
    if (at + size > packed.length) throw new RangeError("an LZ4 block ends behind its frame");
    if (word >>> 31 === 1) output.literals(packed, at, size);
    else unpackBlock(packed.subarray(at, at + size), output);
    at += size + (hasBlockChecksums ? 4 : 0);
  }
}

// infra/broker/src/log/unpack-snappy.ts
var blocksMagic = Buffer.from("82534e4150505900", "hex");
var blocksHeaderBytes = 16;
function readUvarint(packed) {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = packed.readUInt8(index);
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, end: index + 1 };
  }
  throw new RangeError("snappy length longer than 5 bytes");
}
function unpackRaw(packed, bytesMax) {
  const { end: end2, value: unpackedLength } = readUvarint(packed);
  if (unpackedLength > bytesMax) throw new RangeError(`unpacks to more than ${bytesMax} bytes`);
  const output = new UnpackedOutput(unpackedLength, unpackedLength);
  for (let at = end2; at < packed.length; ) {
    const tag = packed[at++];
    const upper = tag >>> 2;
    switch (tag & 3) {
      case 0: {
        const lengthBytes = upper < 60 ? 0 : upper - 59;
        const length = (lengthBytes === 0 ? upper : packed.readUIntLE(at, lengthBytes)) + 1;
        output.literals(packed, at + lengthBytes, length);
        at += lengthBytes + length;
        break;
      }
      case 1:
        output.match(tag >>> 5 << 8 | packed.readUInt8(at), (upper & 7) + 4);
        at += 1;
        break;
      case 2:
        output.match(packed.readUInt16LE(at), upper + 1);
        at += 2;
        break;
      default:
        output.match(packed.readUInt32LE(at), upper + 1);
        at += 4;
    }
  }
  if (output.length !== unpackedLength) throw new RangeError(`unpacks to ${output.length} bytes instead of ${unpackedLength}`);
  return output.bytes();
}
function unpackSnappy(packed, bytesMax) {
  if (!packed.subarray(0, blocksMagic.length).equals(blocksMagic)) return unpackRaw(packed, bytesMax);
  const blocks = [];
  let left = bytesMax;
  for (let at = blocksHeaderBytes; at < packed.length; ) {
    const size = packed.readInt32BE(at);
    at += 4;
    if (size < 0 || at + size > packed.length) throw new RangeError(`snappy block of ${size} bytes in ${packed.length - at}`);
    const block = unpackRaw(packed.subarray(at, at + size), left);
    blocks.push(block);
    left -= block.length;
    at += size;
  }
  return Buffer.concat(blocks);
}

// infra/broker/src/log/unpack.ts
var unpackedBytesMax = 64 * 1024 * 1024;
var zstd = zlib.zstdDecompressSync;
function unpack(compression, packed) {
  const options = { maxOutputLength: unpackedBytesMax };
  switch (compression) {
    case "none":
      return packed;
    case "gzip":
      return zlib.gunzipSync(packed, options);
    case "snappy":
      return unpackSnappy(packed, unpackedBytesMax);
    case "lz4":
      return unpackLz4(packed, unpackedBytesMax);
    case "zstd":
      if (!zstd) throw new Error("this version of Node cannot unpack zstd");
      return zstd(packed, options);
    default:
      throw new Error("unknown compression");
  }
}

// infra/broker/src/log/records.ts
var deleteHorizonFlag = 64;
var compressionMask = 7;
function varlong(reader) {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.buffer[reader.take(1)];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return Number(value >> 1n ^ -(value & 1n));
  }
  throw new RangeError("varlong longer than 10 bytes");
}
function varlongOf(value) {
  let left = BigInt.asUintN(64, BigInt(value) << 1n ^ BigInt(value) >> 63n);
  const bytes2 = [];
  for (; left > 0x7fn; left >>= 7n) bytes2.push(Number(left & 0x7fn) | 128);
  return Buffer.from([...bytes2, Number(left)]);
}
function nullable(reader) {
  const length = reader.varint();
  return length < 0 ? null : reader.slice(length);
}
function* recordsOf(batch) {
  const header = readBatchHeader(batch);
  const reader = new Reader(unpack(header.compression, batch.subarray(batchHeaderBytes)));
  for (let index = 0; index < header.recordCount; index++) {
    const end2 = reader.varint() + reader.offset;
    if (end2 > reader.end) throw new RangeError(`a record ends at byte ${end2} of ${reader.end}`);
    reader.take(1);
    const timestamp = header.baseTimestamp + varlong(reader);
    const offset = header.baseOffset + reader.varint();
    const restAt = reader.offset;
    const key = nullable(reader);
    const value = nullable(reader);
    yield { offset, timestamp, key, value, rest: reader.buffer.subarray(restAt, end2) };
    reader.offset = end2;
  }
}
function deleteHorizonOf(batch) {
  const { attributes, baseTimestamp } = readBatchHeader(batch);
  return (attributes & deleteHorizonFlag) === 0 ? void 0 : baseTimestamp;
}
function bytesOf2(writer) {
  return Buffer.concat(writer.finish().parts);
}
function encodeRecord({ offset, rest, timestamp }, baseTimestamp, baseOffset) {
  const offsetDelta = new Writer();
  offsetDelta.varint(offset - baseOffset);
  const body = Buffer.concat([Buffer.of(0), varlongOf(timestamp - baseTimestamp), bytesOf2(offsetDelta), rest]);
  const length = new Writer();
  length.varint(body.length);
  return Buffer.concat([bytesOf2(length), body]);
}
function batchWith(batch, kept, deleteHorizon) {
  const header = readBatchHeader(batch);
  const baseTimestamp = deleteHorizon ?? kept[0]?.timestamp ?? -1;
  const body = kept.map((record) => encodeRecord(record, baseTimestamp, header.baseOffset));
  const rewritten = Buffer.concat([batch.subarray(0, batchHeaderBytes), ...body]);
  const horizon = deleteHorizon === void 0 ? 0 : deleteHorizonFlag;
  const latest = kept.reduce((max, { timestamp }) => Math.max(max, timestamp), -1);
  rewritten.writeInt32BE(rewritten.length - 12, 8);
  rewritten.writeInt16BE(header.attributes & ~compressionMask & ~deleteHorizonFlag | horizon, 21);
  rewritten.writeBigInt64BE(BigInt(baseTimestamp), 27);
  rewritten.writeBigInt64BE(BigInt(header.hasLogAppendTime && kept.length > 0 ? header.maxTimestamp : latest), 35);
  rewritten.writeInt32BE(kept.length, 57);
  patchBatch(rewritten, 0, header.baseOffset, header.partitionLeaderEpoch);
  rewritten.writeUInt32BE(crc32c(rewritten.subarray(21)), 17);
  return rewritten;
}

// infra/broker/src/log/acceptance.ts
var shownMax = 3;
var RecordsRefused = class extends KafkaError {
  constructor(errorName2, reason, recordErrors) {
    super(errorName2, reason);
    this.recordErrors = recordErrors;
  }
  recordErrors;
};
function timeProblem(timestamp, offset, settings, now) {
  const { timestampAfterMaxMs: after, timestampBeforeMaxMs: before } = settings;
  if (timestamp < 0 || now - timestamp <= before && timestamp - now <= after) return void 0;
  const range2 = `[${now - before}, ${now + after}]`;
  return `Timestamp ${timestamp} of message with offset ${offset} is out of range. The timestamp should be within ${range2}`;
}
function problems(batch, problemOf) {
  const found = [];
  let batchIndex = 0;
  try {
    for (const record of recordsOf(batch)) {
      const batchIndexErrorMessage = problemOf(record);
      if (batchIndexErrorMessage !== void 0) found.push({ batchIndex, batchIndexErrorMessage });
      batchIndex++;
    }
  } catch (cause) {
    throw new KafkaError("INVALID_RECORD", `the records cannot be unpacked: ${cause.message}`, { cause });
  }
  return found;
}
function checkTimes(batch, { header }, settings, now) {
  if (settings.hasLogAppendTime) return;
  if (header.hasLogAppendTime) {
    throw new KafkaError("INVALID_TIMESTAMP", "Producer should not set timestamp type to LogAppendTime.");
  }
  const isLate = header.maxTimestamp - now > settings.timestampAfterMaxMs;
  if (!isLate && settings.timestampBeforeMaxMs === Number.POSITIVE_INFINITY) return;
  const found = problems(batch, ({ offset, timestamp }) => timeProblem(timestamp, offset, settings, now));
  if (found.length > 0)
    throw new RecordsRefused("INVALID_TIMESTAMP", "One or more records have been rejected due to invalid timestamp", found);
}
function checkKeys(batch, partition) {
  const message = `Compacted topic cannot accept message without key in topic partition ${partition}`;
  const found = problems(batch, ({ key }) => key === null ? message : void 0);
  if (found.length === 0) return;
  const shown = found.slice(0, shownMax).map((each) => `RecordError(batchIndex=${each.batchIndex}, message=${each.batchIndexErrorMessage})`).join(", ");
  const counted = `${found.length} record errors in total, and only showing the first three errors at most: [${shown}]`;
  throw new RecordsRefused("INVALID_RECORD", `One or more records have been rejected due to ${counted}`, found);
}
function checkAccepted(records2, batches, settings, now, partition) {
  for (const batch of batches) {
    const bytes2 = records2.subarray(batch.at, batch.at + batch.header.size);
    if (settings.isCompacted) checkKeys(bytes2, partition);
    checkTimes(bytes2, batch, settings, now);
  }
}

// infra/broker/src/log/batches.ts
function cutBefore(buffers, offset) {
  const kept = [];
  for (const bytes2 of buffers) {
    let at = 0;
    while (at < bytes2.length && baseOffsetAt(bytes2, at) < offset) at += batchSizeAt(bytes2, at);
    if (at > 0) kept.push(at === bytes2.length ? bytes2 : bytes2.subarray(0, at));
    if (at < bytes2.length) break;
  }
  return kept;
}
function endOf(buffers) {
  const bytes2 = buffers.at(-1);
  if (!bytes2) return void 0;
  let last = 0;
  for (let at = 0; at < bytes2.length; at += batchSizeAt(bytes2, at)) last = at;
  return readBatchHeader(bytes2, last).lastOffset + 1;
}

// infra/broker/src/log/compaction.ts
import { closeSync as closeSync3, fdatasyncSync as fdatasyncSync2, openSync as openSync3, rmSync, writeSync } from "node:fs";

// infra/broker/src/log/compaction-survey.ts
var keysMax = 1e6;
var chunkBytes = 1024 * 1024;
var controlCommit = 1;
async function* batchesOf(segment, signal) {
  for (let offset = segment.baseOffset; offset < segment.nextOffset; ) {
    signal.throwIfAborted();
    const bytes2 = await segment.read(offset, chunkBytes);
    if (bytes2.length === 0) return;
    for (let at = 0; at < bytes2.length; ) {
      const size = batchSizeAt(bytes2, at);
      const batch = bytes2.subarray(at, at + size);
      offset = readBatchHeader(batch).lastOffset + 1;
      yield batch;
      at += size;
    }
    await new Promise(setImmediate);
  }
}
function keyText(key) {
  return key.toString("latin1");
}
function keysOf(batch) {
  const keys = [];
  try {
    for (const { key, offset } of recordsOf(batch)) if (key) keys.push([keyText(key), offset]);
  } catch {
    return [];
  }
  return keys;
}
function isCommit(batch) {
  for (const { key } of recordsOf(batch)) return key !== null && key.length >= 4 && key.readInt16BE(2) === controlCommit;
  return false;
}
function decide(batch, producerId, undecided, { aborted, latest }) {
  const isKept = batch.length > batchHeaderBytes && isCommit(batch);
  for (const { baseOffset, keys } of undecided.get(producerId) ?? []) {
    if (isKept) for (const [key, offset] of keys) latest.set(key, Math.max(offset, latest.get(key) ?? 0));
    else aborted.add(baseOffset);
  }
  undecided.delete(producerId);
}
async function survey(segments, signal) {
  const found = { latest: /* @__PURE__ */ new Map(), aborted: /* @__PURE__ */ new Set(), endOffset: segments.at(-1).nextOffset };
  const undecided = /* @__PURE__ */ new Map();
  for (const segment of segments) {
    if (found.latest.size >= keysMax) {
      found.endOffset = segment.baseOffset;
      break;
    }
    for await (const batch of batchesOf(segment, signal)) {
      const { baseOffset, isControl, isTransactional, producerId } = readBatchHeader(batch);
      if (isControl) decide(batch, producerId, undecided, found);
      else if (isTransactional) undecided.set(producerId, [...undecided.get(producerId) ?? [], { baseOffset, keys: keysOf(batch) }]);
      else for (const [key, offset] of keysOf(batch)) found.latest.set(key, offset);
    }
  }
  for (const [first] of undecided.values()) found.endOffset = Math.min(found.endOffset, first.baseOffset);
  return found;
}

// infra/broker/src/log/segment.ts
import { closeSync as closeSync2, fdatasync, fdatasyncSync, ftruncateSync, openSync as openSync2, read, writevSync } from "node:fs";
import { promisify } from "node:util";

// infra/broker/src/log/segment-index.ts
var indexIntervalBytes = 64 * 1024;
var noTime = -1;
var SegmentIndex = class {
  offsets;
  positions;
  times;
  maxTimestamp;
  maxTimestampOffset;
  firstTimestamp;
  constructor(snapshot) {
    this.offsets = snapshot?.offsets ?? [];
    this.positions = snapshot?.positions ?? [];
    this.times = snapshot?.times ?? [];
    this.maxTimestamp = snapshot?.maxTimestamp ?? noTime;
    this.maxTimestampOffset = snapshot?.maxTimestampOffset ?? -1;
    this.firstTimestamp = snapshot?.firstTimestamp ?? noTime;
  }
  /** Notes the batch at `position`; batches come in order. */
  add(baseOffset, position, header) {
    const last = this.positions.at(-1);
    if (last === void 0) this.firstTimestamp = header.maxTimestamp;
    if (last === void 0 || position - last >= indexIntervalBytes) {
      this.offsets.push(baseOffset);
      this.positions.push(position);
      this.times.push(this.maxTimestamp);
    }
    if (header.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = header.maxTimestamp;
      this.maxTimestampOffset = baseOffset;
    }
  }
  /** A position at or before the batch that holds `offset`. */
  positionOf(offset) {
    return this.positions[lastWhere(this.offsets, (each) => each <= offset)] ?? 0;
  }
  /** The offset of a batch before which no record is as late as `time`. */
  offsetBefore(time) {
    return this.offsets[lastWhere(this.times, (each) => each < time)] ?? 0;
  }
  snapshot() {
    const { firstTimestamp, maxTimestamp, maxTimestampOffset, offsets, positions, times } = this;
    return { offsets: [...offsets], positions: [...positions], times: [...times], maxTimestamp, maxTimestampOffset, firstTimestamp };
  }
};
function lastWhere(values, holds2) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = low + high >>> 1;
    if (holds2(values[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// infra/broker/src/log/segment.ts
var readAsync = promisify(read);
var fdatasyncAsync = promisify(fdatasync);
var offsetDigits = 20;
function segmentName(offset) {
  return `${String(offset).padStart(offsetDigits, "0")}.log`;
}
var Segment = class {
  constructor(path, baseOffset, size = 0, nextOffset = baseOffset, index = new SegmentIndex()) {
    this.path = path;
    this.baseOffset = baseOffset;
    this.size = size;
    this.nextOffset = nextOffset;
    this.index = index;
  }
  path;
  baseOffset;
  size;
  nextOffset;
  index;
  fd;
  users = 0;
  isClosing = false;
  /** Whether bytes of an append that failed may still lie behind `size`. */
  isTorn = false;
  /** Opened on first use: most partitions of a development broker never hold a record. */
  descriptor() {
    if (this.isClosing && this.fd === void 0) throw new KafkaError("NOT_LEADER_OR_FOLLOWER", `${this.path} is gone`);
    this.fd ??= openSync2(this.path, "a+");
    return this.fd;
  }
  /** Makes the file, empty as yet. */
  create() {
    try {
      this.descriptor();
    } catch (cause) {
      throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot create ${this.path}: ${cause.message}`, { cause });
    }
  }
  /**
   * Writes batches at the end; they are in the operating system's hands when it returns.
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk refuses; the file is then as it was
   */
  append(buffers, bytes2) {
    let written = 0;
    try {
      const fd = this.descriptor();
      if (this.isTorn) ftruncateSync(fd, this.size);
      this.isTorn = false;
      written = writevSync(fd, buffers);
      if (written === bytes2) return;
    } catch (cause) {
      this.undo();
      throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot append to ${this.path}: ${cause.message}`, { cause });
    }
    this.undo();
    throw new KafkaError("KAFKA_STORAGE_ERROR", `${written} of ${bytes2} bytes written to ${this.path}: the disk is full`);
  }
  /** Cuts what was written behind the last whole batch; when even that fails, the next append tries again before it writes. */
  undo() {
    if (this.fd === void 0) return;
    this.isTorn = true;
    try {
      ftruncateSync(this.fd, this.size);
      this.isTorn = false;
    } catch {
    }
  }
  async bytesAt(fd, position, length) {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    const buffer = Buffer.allocUnsafeSlow(wanted);
    const { bytesRead } = await readAsync(fd, buffer, 0, wanted, position);
    return bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead);
  }
  /** Whole batches from the one that holds `offset` on, at most `bytesMax` bytes but always one where there is one. */
  read(offset, bytesMax) {
    return this.using((fd) => this.readFrom(fd, offset, bytesMax));
  }
  async readFrom(fd, offset, bytesMax) {
    let position = this.index.positionOf(offset);
    let length = bytesMax + indexIntervalBytes;
    while (position < this.size) {
      const buffer = await this.bytesAt(fd, position, Math.max(length, batchHeaderBytes));
      if (buffer.length < batchHeaderBytes) break;
      let at = 0;
      while (at + batchHeaderBytes <= buffer.length && readBatchHeader(buffer, at).lastOffset < offset) at += batchSizeAt(buffer, at);
      if (at + batchHeaderBytes > buffer.length) {
        position += at;
        continue;
      }
      const size = batchSizeAt(buffer, at);
      if (at + size <= buffer.length) return buffer.subarray(at, endOfWholeBatches(buffer, at, bytesMax));
      position += at;
      length = Math.max(size, bytesMax);
    }
    return Buffer.alloc(0);
  }
  async using(use) {
    const fd = this.descriptor();
    this.users++;
    try {
      return await use(fd);
    } finally {
      this.users--;
      if (this.isClosing) this.close();
    }
  }
  /** Brings what was appended to the disk. */
  async flush() {
    if (this.fd !== void 0 && !this.isClosing) await this.using((fd) => fdatasyncAsync(fd));
  }
  flushSync() {
    if (this.fd !== void 0) fdatasyncSync(this.fd);
  }
  /** Closes the file, once reads and flushes under way have ended. */
  close() {
    this.isClosing = true;
    if (this.users > 0 || this.fd === void 0) return;
    closeSync2(this.fd);
    this.fd = void 0;
  }
};
function endOfWholeBatches(buffer, from, bytesMax) {
  let end2 = from + batchSizeAt(buffer, from);
  while (end2 + batchHeaderBytes <= buffer.length) {
    const next = end2 + batchSizeAt(buffer, end2);
    if (next > buffer.length || next - from > bytesMax) break;
    end2 = next;
  }
  return end2;
}

// infra/broker/src/log/memory-segment.ts
var MemorySegment = class {
  constructor(baseOffset, size = 0, nextOffset = baseOffset, index = new SegmentIndex(), chunks = []) {
    this.baseOffset = baseOffset;
    this.size = size;
    this.nextOffset = nextOffset;
    this.index = index;
    this.chunks = chunks;
  }
  baseOffset;
  size;
  nextOffset;
  index;
  chunks;
  path = void 0;
  /** What it holds, for another segment to hold. */
  takeChunks() {
    return this.chunks;
  }
  /** Keeps buffers of whole batches, whose offsets are in them already. */
  append(buffers) {
    this.chunks.push(...buffers);
  }
  chunkOf(offset) {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = low + high >>> 1;
      if (baseOffsetAt(this.chunks[middle], 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
  /** Whole batches from the one that holds `offset` on, at most `bytesMax` bytes but always one where there is one. */
  async read(offset, bytesMax) {
    const found = [];
    let left = bytesMax;
    for (let index = this.chunkOf(offset); index < this.chunks.length; index++) {
      const chunk = this.chunks[index];
      let from = 0;
      while (found.length === 0 && from < chunk.length && readBatchHeader(chunk, from).lastOffset < offset) from += batchSizeAt(chunk, from);
      if (from === chunk.length) continue;
      if (found.length > 0 && batchSizeAt(chunk, from) > left) break;
      const end2 = endOfWholeBatches(chunk, from, left);
      found.push(chunk.subarray(from, end2));
      left -= end2 - from;
      if (end2 < chunk.length || left <= 0) break;
    }
    return found.length === 1 ? found[0] : Buffer.concat(found);
  }
  create() {
  }
  undo() {
  }
  async flush() {
  }
  flushSync() {
  }
  close() {
  }
};

// infra/broker/src/log/compaction.ts
var unfinishedSuffix = ".compacted";
function compactable({ compactedTo, now, segments, settings }) {
  const youngest = now - settings.minCompactionLagMs;
  const tooYoung = segments.findIndex(
    ({ index, nextOffset }) => settings.minCompactionLagMs > 0 && nextOffset > compactedTo && index.maxTimestamp > youngest
  );
  const candidates = tooYoung < 0 ? segments : segments.slice(0, tooYoung);
  const dirty = candidates.filter(({ nextOffset, size }) => nextOffset > compactedTo && size > 0);
  if (dirty.length === 0) return [];
  const bytesOf3 = (list2) => list2.reduce((sum, { size }) => sum + size, 0);
  const isOverdue = now - dirty[0].index.firstTimestamp > settings.maxCompactionLagMs;
  const isWorthIt = bytesOf3(dirty) / bytesOf3(candidates) > settings.minCleanableRatio;
  return isOverdue || isWorthIt ? candidates : [];
}
var Output = class {
  constructor(first) {
    this.first = first;
    this.path = first.path && `${first.path}${unfinishedSuffix}`;
    if (this.path) this.fd = openSync3(this.path, "w");
    else this.memory = new MemorySegment(first.baseOffset);
  }
  first;
  index = new SegmentIndex();
  memory;
  fd;
  size = 0;
  path;
  add(batch) {
    const header = readBatchHeader(batch);
    this.index.add(header.baseOffset, this.size, header);
    if (this.fd === void 0) this.memory.append([batch]);
    else for (let written = 0; written < batch.length; ) written += writeSync(this.fd, batch, written);
    this.size += batch.length;
  }
  finish(nextOffset) {
    if (this.fd === void 0) return new MemorySegment(this.first.baseOffset, this.size, nextOffset, this.index, this.memory.takeChunks());
    fdatasyncSync2(this.fd);
    closeSync3(this.fd);
    return new Segment(this.first.path, this.first.baseOffset, this.size, nextOffset, this.index);
  }
  discard() {
    if (this.fd === void 0) return;
    closeSync3(this.fd);
    rmSync(this.path, { force: true });
  }
};
var Filter = class {
  constructor(input, found) {
    this.input = input;
    this.found = found;
  }
  input;
  found;
  /** The earliest time at which a tombstone that stays may go. */
  nextHorizon = Number.POSITIVE_INFINITY;
  stays({ key, offset, value }, horizon) {
    if (key === null || offset < (this.found.latest.get(keyText(key)) ?? offset)) return false;
    return value !== null || horizon === void 0 || this.input.now < horizon;
  }
  /** What a batch becomes; undefined for nothing. */
  apply(batch, isLastOfSegment) {
    const header = readBatchHeader(batch);
    if (header.isControl) return batch;
    const horizon = deleteHorizonOf(batch);
    let kept = [];
    let hasTombstone = false;
    if (!this.found.aborted.has(header.baseOffset)) {
      try {
        kept = [...recordsOf(batch)].filter((record) => this.stays(record, horizon));
      } catch {
        return batch;
      }
      hasTombstone = kept.some(({ value }) => value === null);
    }
    if (kept.length === 0 && !isLastOfSegment && !this.input.isLastOfProducer(header)) return void 0;
    const newHorizon = hasTombstone ? horizon ?? this.input.now + this.input.settings.deleteRetentionMs : void 0;
    if (newHorizon !== void 0) this.nextHorizon = Math.min(this.nextHorizon, newHorizon);
    if (kept.length === header.recordCount && newHorizon === horizon) return batch;
    return batchWith(batch, kept, newHorizon);
  }
};
async function rewrite(segments, filter, { segmentBytes, signal }) {
  const output = new Output(segments[0]);
  let count = 0;
  let isChanged = false;
  let isFull2 = false;
  try {
    while (!isFull2) {
      const source = segments[count++];
      const next = segments[count];
      for await (const batch of batchesOf(source, signal)) {
        const isLast = readBatchHeader(batch).lastOffset + 1 === source.nextOffset;
        isFull2 = isLast && (!next || output.size + batch.length + next.size > segmentBytes);
        const result = filter.apply(batch, isFull2);
        if (result !== batch) isChanged = true;
        if (result) output.add(result);
      }
    }
    if (count > 1 || isChanged) {
      const sources = segments.slice(0, count);
      return { count, replacement: { sources, segment: output.finish(sources.at(-1).nextOffset) } };
    }
  } catch (error) {
    output.discard();
    throw error;
  }
  output.discard();
  return { count, replacement: void 0 };
}
async function compact(input, segments, replace) {
  const dirty = segments.filter(({ nextOffset }) => nextOffset > input.compactedTo);
  const found = await survey(dirty.length > 0 ? dirty : segments.slice(-1), input.signal);
  const filter = new Filter(input, found);
  const decided = segments.filter(({ nextOffset }) => nextOffset <= found.endOffset);
  for (let at = 0; at < decided.length; ) {
    const { count, replacement } = await rewrite(decided.slice(at), filter, input);
    if (replacement && !replace(replacement)) return { compactedTo: input.compactedTo, nextHorizon: 0 };
    at += count;
  }
  return { compactedTo: decided.at(-1)?.nextOffset ?? input.compactedTo, nextHorizon: filter.nextHorizon };
}

// infra/broker/src/log/cleaner.ts
var Cleaner = class {
  constructor(compactedTo, onProblem) {
    this.compactedTo = compactedTo;
    this.onProblem = onProblem;
  }
  compactedTo;
  onProblem;
  /** Epoch milliseconds from which on a tombstone may go. */
  tombstonesDueAt = Number.POSITIVE_INFINITY;
  running;
  /** Compacts what is worth it; undefined when nothing is. One at a time: a second call waits for the first. */
  run(cleaning) {
    if (this.running) return this.running;
    const { now, segments, signal } = cleaning;
    const input = { ...cleaning, compactedTo: this.compactedTo };
    const chosen = now >= this.tombstonesDueAt ? segments : compactable(input);
    if (chosen.length === 0) return void 0;
    this.running = this.compact(cleaning, input, chosen).catch((problem) => {
      if (!signal.aborted) this.onProblem(problem);
    }).finally(() => {
      this.running = void 0;
    });
    return this.running;
  }
  async compact(cleaning, input, chosen) {
    await cleaning.snapshots;
    const outcome = await compact(input, chosen, (replacement) => cleaning.replace(replacement));
    this.tombstonesDueAt = outcome.nextHorizon;
    if (outcome.compactedTo <= this.compactedTo) return;
    this.compactedTo = outcome.compactedTo;
    cleaning.done(this.compactedTo);
  }
};

// infra/broker/src/log/incoming.ts
function sizeOfNext(records2, at) {
  const left = records2.length - at;
  if (left < batchPrefixBytes + 5) throw new KafkaError("CORRUPT_MESSAGE", `${left} bytes left, too few for a record batch`);
  const magic = records2.readInt8(at + 16);
  if (magic !== 2) {
    throw new KafkaError("UNSUPPORTED_FOR_MESSAGE_FORMAT", `message format ${magic} is not kept here; produce with Kafka 0.11 or later`);
  }
  const size = batchSizeAt(records2, at);
  if (size < batchHeaderBytes || size > left) throw new KafkaError("CORRUPT_MESSAGE", `record batch of ${size} bytes in ${left}`);
  return size;
}
function checkHeader(header, batchBytesMax) {
  if (header.size > batchBytesMax) {
    throw new KafkaError("MESSAGE_TOO_LARGE", `record batch of ${header.size} bytes, max.message.bytes is ${batchBytesMax}`);
  }
  if (header.recordCount < 1 || header.lastOffsetDelta !== header.recordCount - 1) {
    throw new KafkaError("INVALID_RECORD", `record batch of ${header.recordCount} records ends at offset delta ${header.lastOffsetDelta}`);
  }
  if (!header.compression) throw new KafkaError("UNSUPPORTED_COMPRESSION_TYPE", `unknown compression in attributes ${header.attributes}`);
  if (header.isControl) throw new KafkaError("INVALID_RECORD", "clients may not write control batches");
  if (header.isTransactional && header.producerId < 0) throw new KafkaError("INVALID_RECORD", "a transactional batch needs a producer id");
}
function incomingBatches(records2, batchBytesMax) {
  const batches = [];
  for (let at = 0; at < records2.length; ) {
    const size = sizeOfNext(records2, at);
    const header = readBatchHeader(records2, at);
    checkHeader(header, batchBytesMax);
    if (!hasValidCrc(records2, at, size)) throw new KafkaError("CORRUPT_MESSAGE", "the checksum of the record batch does not hold");
    batches.push({ header, at });
    at += size;
  }
  if (batches.length === 0) throw new KafkaError("INVALID_RECORD", "no record batch to append");
  return batches;
}
function refuseTransactions() {
  throw new KafkaError("INVALID_TXN_STATE", "the batch is in a transaction, the request is not");
}

// infra/broker/src/log/log-state.ts
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
var fileName = "state.json";
function loadState(folder) {
  const path = join(folder, fileName);
  try {
    const { compactedTo, startOffset } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
    return { startOffset: Number(startOffset ?? 0), compactedTo: Number(compactedTo ?? 0) };
  } catch {
    return { startOffset: 0, compactedTo: 0 };
  }
}
function saveState(folder, state) {
  replaceFile(join(folder, fileName), `${JSON.stringify(state)}
`);
}

// infra/broker/src/log/producers.ts
var rememberedBatches = 5;
var rememberedProducers = 1e4;
var sequences = 2 ** 31;
function lastSequenceOf(header) {
  return (header.baseSequence + header.lastOffsetDelta) % sequences;
}
var Producers = class {
  byId;
  /** First offset of each open transaction by producer id, in ascending order of the offsets. */
  open;
  constructor(snapshot = []) {
    this.byId = new Map(snapshot);
    const open = snapshot.flatMap(([id, { openFrom }]) => openFrom === void 0 ? [] : [[id, openFrom]]);
    this.open = new Map(open.sort(([, left], [, right]) => left - right));
  }
  /**
   * Whether a batch may be appended: undefined, or, when it was appended before, the offset it has.
   *
   * | what is known of the producer   | batch                          | answer                       |
   * |---------------------------------|--------------------------------|------------------------------|
   * | nothing                         | any sequence                   | append                       |
   * | a higher epoch                  | any                            | INVALID_PRODUCER_EPOCH       |
   * | a lower epoch                   | sequence 0                     | append                       |
   * | a lower epoch                   | another sequence               | OUT_OF_ORDER_SEQUENCE_NUMBER |
   * | the same epoch                  | one of the last five           | its offset                   |
   * | the same epoch, a transaction   | not transactional              | INVALID_TXN_STATE            |
   * | the same epoch                  | follows the last sequence      | append                       |
   * | the same epoch                  | another sequence               | OUT_OF_ORDER_SEQUENCE_NUMBER |
   *
   * Whether a transactional batch may open a transaction here is for the transaction coordinator to say.
   */
  check(header) {
    if (header.producerId < 0) return void 0;
    const known = this.byId.get(header.producerId);
    if (!known) return void 0;
    if (header.producerEpoch < known.epoch) {
      throw new KafkaError(
        "INVALID_PRODUCER_EPOCH",
        `producer ${header.producerId} has epoch ${known.epoch}, the batch ${header.producerEpoch}`
      );
    }
    const isNewEpoch = header.producerEpoch > known.epoch;
    const last = isNewEpoch ? void 0 : known.batches.at(-1);
    const expected = last ? (last.lastSequence + 1) % sequences : 0;
    if (header.baseSequence !== expected) {
      const lastSequence = lastSequenceOf(header);
      const same = isNewEpoch ? void 0 : known.batches.find((each) => each.firstSequence === header.baseSequence && each.lastSequence === lastSequence);
      if (same) return same.baseOffset;
      throw new KafkaError(
        "OUT_OF_ORDER_SEQUENCE_NUMBER",
        `producer ${header.producerId} sent sequence ${header.baseSequence}, expected was ${expected}`
      );
    }
    if (known.openFrom !== void 0 && !header.isTransactional) {
      throw new KafkaError("INVALID_TXN_STATE", `producer ${header.producerId} has a transaction open, the batch is in none`);
    }
    return void 0;
  }
  /** Whether the transaction that a batch belongs to is open here already. */
  isOpen(header) {
    return this.open.has(header.producerId) && this.byId.get(header.producerId).epoch === header.producerEpoch;
  }
  /** Throws KafkaError when a marker comes from a producer or a coordinator of the past. */
  checkMarker({ coordinatorEpoch: coordinatorEpoch2, producerEpoch, producerId }) {
    const known = this.byId.get(producerId);
    if (!known) return;
    if (producerEpoch < known.epoch) {
      throw new KafkaError("INVALID_PRODUCER_EPOCH", `producer ${producerId} has epoch ${known.epoch}, the marker ${producerEpoch}`);
    }
    if (coordinatorEpoch2 < known.coordinatorEpoch) {
      throw new KafkaError("TRANSACTION_COORDINATOR_FENCED", `the marker is of epoch ${coordinatorEpoch2}, not ${known.coordinatorEpoch}`);
    }
  }
  /** Remembers a batch that was appended at `baseOffset`. */
  appended(header, baseOffset) {
    const { maxTimestamp, producerEpoch, producerId } = header;
    if (producerId < 0) return;
    const known = this.byId.get(producerId);
    const batches = known && known.epoch === producerEpoch ? known.batches : [];
    batches.push({ firstSequence: header.baseSequence, lastSequence: lastSequenceOf(header), baseOffset });
    if (batches.length > rememberedBatches) batches.shift();
    if (header.isTransactional && !this.open.has(producerId)) this.open.set(producerId, baseOffset);
    const openFrom = header.isTransactional ? this.open.get(producerId) : void 0;
    this.remember(producerId, {
      epoch: producerEpoch,
      batches,
      lastTimestamp: maxTimestamp,
      coordinatorEpoch: known?.coordinatorEpoch ?? -1,
      openFrom
    });
  }
  /** Remembers a marker that was appended at `offset`. Returns the range that it aborts, if it aborts one. */
  ended({ coordinatorEpoch: coordinatorEpoch2, isCommit: isCommit2, producerEpoch, producerId, timestamp }, offset) {
    const known = this.byId.get(producerId);
    const firstOffset = this.open.get(producerId);
    this.open.delete(producerId);
    const batches = known && known.epoch === producerEpoch ? known.batches : [];
    this.remember(producerId, { epoch: producerEpoch, batches, lastTimestamp: timestamp, coordinatorEpoch: coordinatorEpoch2 });
    if (isCommit2 || firstOffset === void 0) return void 0;
    return { producerId, firstOffset, lastOffset: offset, stableOffset: this.stableOffset(offset + 1) };
  }
  remember(producerId, producer) {
    this.byId.delete(producerId);
    this.byId.set(producerId, producer);
    if (this.byId.size <= rememberedProducers) return;
    for (const id of this.byId.keys()) {
      if (this.open.has(id)) continue;
      this.byId.delete(id);
      return;
    }
  }
  /** The first offset that is undecided: that of the oldest open transaction, or the log's end without one. */
  stableOffset(endOffset) {
    return this.open.size === 0 ? endOffset : this.open.values().next().value;
  }
  /** Everything known, the producer that wrote last at the end. */
  entries() {
    return this.byId.entries();
  }
  /** A copy that can be written as JSON. */
  snapshot() {
    return structuredClone([...this.byId]);
  }
};

// infra/broker/src/log/record-times.ts
function firstAtOrAfter(batch, time, from = 0) {
  const header = readBatchHeader(batch);
  if (header.maxTimestamp < time || header.lastOffset < from || header.recordCount === 0) return void 0;
  const first = Math.max(header.baseOffset, from);
  try {
    for (const { offset, timestamp: created } of recordsOf(batch)) {
      const timestamp = header.hasLogAppendTime ? header.maxTimestamp : created;
      if (timestamp >= time && offset >= from) return { offset, timestamp };
    }
    return void 0;
  } catch {
    return { offset: first, timestamp: header.maxTimestamp };
  }
}

// infra/broker/src/log/recovery.ts
import {
  closeSync as closeSync4,
  existsSync as existsSync2,
  fdatasyncSync as fdatasyncSync3,
  ftruncateSync as ftruncateSync2,
  openSync as openSync4,
  readdirSync,
  readFileSync as readFileSync2,
  readSync,
  renameSync as renameSync2,
  rmSync as rmSync2,
  statSync,
  writeFileSync as writeFileSync2
} from "node:fs";
import { join as join2 } from "node:path";
var chunkBytes2 = 4 * 1024 * 1024;
function snapshotPath(segmentPath) {
  return segmentPath.replace(/\.log$/, ".snapshot");
}
function takeSnapshot(segment, producers, aborted) {
  const { baseOffset, index, nextOffset, size } = segment;
  const ended = aborted.endedWithin(baseOffset, nextOffset);
  return { size, nextOffset, index: index.snapshot(), producers: producers.snapshot(), aborted: ended };
}
function saveSnapshot(segment, snapshot) {
  const path = snapshotPath(segment.path);
  writeFileSync2(`${path}.new`, JSON.stringify(snapshot));
  renameSync2(`${path}.new`, path);
}
function loadSnapshot(segmentPath, size) {
  const path = snapshotPath(segmentPath);
  if (!existsSync2(path)) return void 0;
  try {
    const snapshot = JSON.parse(readFileSync2(path, "utf8"));
    return snapshot.size === size && snapshot.aborted ? snapshot : void 0;
  } catch {
    return void 0;
  }
}
function scan(fd, fileSize, nextOffset, found) {
  let buffer = Buffer.alloc(0);
  let bufferAt = 0;
  let expected = nextOffset;
  let position = 0;
  const load = (bytes2) => {
    buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(bytes2, chunkBytes2), fileSize - position));
    buffer = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, position));
    bufferAt = position;
  };
  while (position + batchHeaderBytes <= fileSize) {
    if (position - bufferAt + batchHeaderBytes > buffer.length) load(chunkBytes2);
    let at = position - bufferAt;
    if (at + batchHeaderBytes > buffer.length) break;
    const header = readBatchHeader(buffer, at);
    const isPlausible = header.magic === 2 && header.baseOffset >= expected && header.lastOffsetDelta >= 0;
    if (!isPlausible || header.size < batchHeaderBytes || position + header.size > fileSize) break;
    if (at + header.size > buffer.length) {
      load(header.size);
      at = 0;
    }
    if (!hasValidCrc(buffer, at, header.size)) break;
    found(header, position, buffer, at);
    expected = header.lastOffset + 1;
    position += header.size;
  }
  return position;
}
function replay(header, buffer, at, producers, aborted) {
  const ended = header.isControl ? readMarker(buffer, at) : void 0;
  const range2 = ended ? producers.ended({ ...header, ...ended, timestamp: header.maxTimestamp }, header.baseOffset) : producers.appended(header, header.baseOffset);
  if (range2) aborted.add(range2);
}
function scanSegment(path, baseOffset, fileSize, producers, aborted) {
  const index = new SegmentIndex();
  let nextOffset = baseOffset;
  const fd = openSync4(path, "r+");
  try {
    const size = scan(fd, fileSize, baseOffset, (header, position, buffer, at) => {
      index.add(header.baseOffset, position, header);
      replay(header, buffer, at, producers, aborted);
      nextOffset = header.lastOffset + 1;
    });
    if (size < fileSize) {
      ftruncateSync2(fd, size);
      fdatasyncSync3(fd);
    }
    return new Segment(path, baseOffset, size, nextOffset, index);
  } finally {
    closeSync4(fd);
  }
}
function recoverLog(folder) {
  const files = existsSync2(folder) ? readdirSync(folder) : [];
  for (const name of files) if (name.endsWith(unfinishedSuffix)) rmSync2(join2(folder, name));
  const names2 = files.filter((name) => /^\d{20}\.log$/.test(name));
  const segments = [];
  let producers = new Producers();
  const aborted = new AbortedRanges();
  let cutBytes = 0;
  let isScanned = false;
  for (const name of names2.sort()) {
    const path = join2(folder, name);
    const baseOffset = Number.parseInt(name, 10);
    const fileSize = statSync(path).size;
    const previous = segments.at(-1);
    if (previous && previous.nextOffset !== baseOffset) {
      const isReplaced = baseOffset < previous.nextOffset;
      if (!isReplaced) cutBytes += fileSize;
      rmSync2(path);
      rmSync2(snapshotPath(path), { force: true });
      continue;
    }
    if (previous && isScanned) saveSnapshot(previous, takeSnapshot(previous, producers, aborted));
    const snapshot = loadSnapshot(path, fileSize);
    isScanned = !snapshot;
    if (snapshot) {
      producers = new Producers(snapshot.producers);
      for (const range2 of snapshot.aborted) aborted.add(range2);
      segments.push(new Segment(path, baseOffset, snapshot.size, snapshot.nextOffset, new SegmentIndex(snapshot.index)));
      continue;
    }
    const segment = scanSegment(path, baseOffset, fileSize, producers, aborted);
    cutBytes += fileSize - segment.size;
    segments.push(segment);
  }
  return { segments, producers, aborted, cutBytes };
}

// infra/broker/src/log/replacement.ts
import { renameSync as renameSync3, rmSync as rmSync3 } from "node:fs";
import { dirname as dirname2 } from "node:path";
function snapshotOf(segment, sources) {
  const snapshots = sources.flatMap((source) => loadSnapshot(source.path, source.size) ?? []);
  const last = snapshots.at(-1);
  if (!last || snapshots.length < sources.length) return void 0;
  const { index, nextOffset, size } = segment;
  return { ...last, size, nextOffset, index: index.snapshot(), aborted: snapshots.flatMap(({ aborted }) => aborted) };
}
function putInPlace({ segment, sources }) {
  if (!(segment instanceof Segment)) return;
  const files = sources.filter((source) => source instanceof Segment);
  const snapshot = snapshotOf(segment, files);
  rmSync3(snapshotPath(segment.path), { force: true });
  renameSync3(`${segment.path}${unfinishedSuffix}`, segment.path);
  syncFolder(dirname2(segment.path));
  for (const { path } of files.slice(1)) {
    rmSync3(path, { force: true });
    rmSync3(snapshotPath(path), { force: true });
  }
  if (snapshot) saveSnapshot(segment, snapshot);
}
function discard({ segment }) {
  if (segment instanceof Segment) rmSync3(`${segment.path}${unfinishedSuffix}`, { force: true });
}

// infra/broker/src/log/retention.ts
function expiredSegments(segments, settings, startOffset, now) {
  let surplus = -settings.retentionBytes;
  for (const { size } of segments) surplus += size;
  let expired = 0;
  for (const segment of segments) {
    const isLast = expired === segments.length - 1;
    const { maxTimestamp } = segment.index;
    const isBefore = segment.nextOffset <= startOffset && !isLast;
    const isOld = settings.isDeleted && maxTimestamp >= 0 && now - maxTimestamp > settings.retentionMs;
    const isTooMuch = settings.isDeleted && !isLast && surplus - segment.size >= 0;
    if (segment.size === 0 || !(isBefore || isOld || isTooMuch)) break;
    surplus -= segment.size;
    expired++;
  }
  return expired;
}

// infra/broker/src/log/settings.ts
var keepEverything = {
  batchBytesMax: Number.POSITIVE_INFINITY,
  hasLogAppendTime: false,
  timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
  timestampAfterMaxMs: Number.POSITIVE_INFINITY,
  segmentBytes: Number.POSITIVE_INFINITY,
  segmentMs: Number.POSITIVE_INFINITY,
  isDeleted: false,
  retentionMs: Number.POSITIVE_INFINITY,
  retentionBytes: Number.POSITIVE_INFINITY,
  isCompacted: false,
  deleteRetentionMs: Number.POSITIVE_INFINITY,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.POSITIVE_INFINITY,
  minCleanableRatio: 0
};

// infra/broker/src/log/tail.ts
var entryBytes = 256;
var compactAt = 1024;
var TailBudget = class {
  constructor(bytesMax) {
    this.bytesMax = bytesMax;
  }
  bytesMax;
  queue = [];
  head = 0;
  used = 0;
  added(tail, bytes2) {
    this.queue.push(tail);
    this.used += bytes2 + entryBytes;
    while (this.used > this.bytesMax && this.head < this.queue.length) {
      const dropped = this.queue[this.head++].dropOldest();
      if (dropped) this.used -= dropped.bytes.length + entryBytes;
    }
    if (this.head > compactAt && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }
  removed(batches, bytes2) {
    this.used -= bytes2 + batches * entryBytes;
  }
};
var Tail = class {
  constructor(budget, startOffset) {
    this.budget = budget;
    this.startOffset = startOffset;
  }
  budget;
  startOffset;
  batches = [];
  head = 0;
  push(batch) {
    this.batches.push(batch);
    this.budget?.added(this, batch.bytes.length);
  }
  dropOldest() {
    const dropped = this.batches[this.head];
    if (!dropped) return void 0;
    this.batches[this.head++] = void 0;
    this.startOffset = dropped.lastOffset + 1;
    if (this.head > compactAt && this.head * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.head);
      this.head = 0;
    }
    return dropped;
  }
  /** Forgets the batches that end before `offset`. */
  dropBefore(offset) {
    for (let first = this.batches[this.head]; first && first.lastOffset < offset; first = this.batches[this.head]) {
      this.dropOldest();
      this.budget?.removed(1, first.bytes.length);
    }
    this.startOffset = Math.max(this.startOffset, Math.min(offset, this.batches[this.head]?.baseOffset ?? offset));
  }
  clear() {
    let bytes2 = 0;
    for (let index = this.head; index < this.batches.length; index++) bytes2 += this.batches[index].bytes.length;
    this.budget?.removed(this.batches.length - this.head, bytes2);
    this.batches = [];
    this.head = 0;
  }
  indexOf(offset) {
    let low = this.head;
    let high = this.batches.length;
    while (low < high) {
      const middle = low + high >>> 1;
      if (this.batches[middle].lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** Whole batches from the one that holds `offset` on, at most `bytesMax` bytes but always one where there is one. */
  read(offset, bytesMax) {
    const found = [];
    let left = bytesMax;
    for (let index = this.indexOf(offset); index < this.batches.length; index++) {
      const { bytes: bytes2 } = this.batches[index];
      if (found.length > 0 && bytes2.length > left) break;
      found.push(bytes2);
      left -= bytes2.length;
    }
    return found;
  }
};

// infra/broker/src/log/partition-log.ts
var leaderEpoch = 0;
var lookupBytes = 1024 * 1024;
var PartitionLog = class {
  constructor(options) {
    this.options = options;
    const recovered = options.folder ? recoverLog(options.folder) : void 0;
    this.segments = recovered?.segments ?? [];
    this.producers = recovered?.producers ?? new Producers();
    this.aborted = recovered?.aborted ?? new AbortedRanges();
    this.endOffset = this.segments.at(-1)?.nextOffset ?? 0;
    const state = options.folder ? loadState(options.folder) : { startOffset: 0, compactedTo: 0 };
    this.startOffset = Math.min(this.endOffset, Math.max(state.startOffset, this.segments[0]?.baseOffset ?? 0));
    this.cleaner = new Cleaner(state.compactedTo, (problem) => options.onWarning(`${options.folder}: was not compacted. ${problem}`));
    this.settings = options.settings ?? keepEverything;
    this.tail = new Tail(options.folder ? options.budget : void 0, this.endOffset);
    this.noteTimes();
    if (recovered?.cutBytes)
      options.onWarning(`${options.folder}: cut ${recovered.cutBytes} bytes of a torn tail, log ends at ${this.endOffset}`);
  }
  options;
  segments;
  producers;
  aborted;
  tail;
  waiting = /* @__PURE__ */ new Set();
  rolling = Promise.resolve();
  /** Aborted when the log is closed or deleted. */
  over = new AbortController();
  isDeleted = false;
  isFailing = false;
  latest = { offset: -1, timestamp: -1 };
  cleaner;
  settings;
  /** The first offset that can be read. */
  startOffset;
  endOffset;
  get sizeBytes() {
    return this.segments.reduce((sum, { size }) => sum + size, 0);
  }
  get now() {
    return this.options.now?.() ?? Date.now();
  }
  /** The first offset that an open transaction has not decided; without one the end. */
  get stableOffset() {
    return this.producers.stableOffset(this.endOffset);
  }
  /**
   * Appends the batches of one produce request and wakes whoever waits for them.
   * @param records the request's bytes, which the log keeps: their offsets are patched in place
   * @param appendTime epoch milliseconds that become the time of every record; without it they keep their own
   * @param admit throws KafkaError unless a transactional batch may open its transaction here
   * @returns the offset of the first record, the original one when an idempotent producer repeats itself
   * @throws KafkaError with the code to answer; nothing is appended then
   */
  append(records2, batchBytesMax, appendTime, admit2 = refuseTransactions) {
    const batches = incomingBatches(records2, batchBytesMax);
    const repeated = this.producers.check(batches[0].header);
    if (repeated !== void 0) return repeated;
    for (const { header } of batches.slice(1)) this.producers.check(header);
    checkAccepted(records2, batches, this.settings, this.now, this.options.name ?? "this log");
    for (const { header } of batches) if (header.isTransactional && !this.producers.isOpen(header)) admit2(header);
    const baseOffset = this.endOffset;
    let offset = baseOffset;
    for (const { header, at } of batches) {
      patchBatch(records2, at, offset, leaderEpoch);
      if (appendTime !== void 0) {
        stampBatch(records2, at, header.size, appendTime);
        header.maxTimestamp = appendTime;
      }
      offset += header.lastOffsetDelta + 1;
    }
    this.put(records2, batches);
    return baseOffset;
  }
  /**
   * Appends the marker that ends a producer's transaction in this partition, and wakes whoever waits for its records.
   * @throws KafkaError when the marker is of the past, or the disk refuses; nothing is appended then
   */
  end(marker) {
    this.producers.checkMarker(marker);
    const records2 = encodeMarker(marker);
    patchBatch(records2, 0, this.endOffset, leaderEpoch);
    this.put(records2, [{ header: readBatchHeader(records2), at: 0 }], marker);
  }
  put(records2, batches, marker) {
    const segment = this.write(records2, batches);
    this.remember(records2, batches, segment, marker);
    for (const wake of [...this.waiting]) wake();
  }
  write(records2, batches) {
    try {
      const segment = this.openSegment(records2.length, batches.at(-1).header.maxTimestamp);
      segment.append([records2], records2.length);
      if (segment instanceof Segment) this.flush(segment);
      if (this.isFailing) this.options.onWarning(`${this.options.folder}: appends work again`);
      this.isFailing = false;
      return segment;
    } catch (error) {
      if (!this.isFailing) this.options.onWarning(`${this.options.folder}: nothing can be appended, reads go on. ${error}`);
      this.isFailing = true;
      throw error;
    }
  }
  flush(segment) {
    try {
      this.options.flusher.appended(segment);
    } catch (cause) {
      segment.undo();
      throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot bring ${segment.path} to disk: ${cause.message}`, { cause });
    }
  }
  /** The segment that takes so many bytes: the last one, unless its size or its age in record time asks for another. */
  openSegment(bytes2, timestamp) {
    const last = this.segments.at(-1);
    if (!last) return this.roll(void 0);
    const isFull2 = last.size + bytes2 > this.segmentBytes;
    const isOld = last.index.firstTimestamp >= 0 && timestamp - last.index.firstTimestamp > this.settings.segmentMs;
    return last.size > 0 && (isFull2 || isOld) ? this.roll(last) : last;
  }
  get segmentBytes() {
    return Math.min(this.options.segmentBytes, this.settings.segmentBytes);
  }
  roll(full) {
    const segment = this.newSegment();
    segment.create();
    const snapshot = full instanceof Segment ? takeSnapshot(full, this.producers, this.aborted) : void 0;
    if (full instanceof Segment) this.rolling = this.rolling.then(() => this.finish(full, snapshot));
    this.segments.push(segment);
    return segment;
  }
  newSegment() {
    const { folder } = this.options;
    if (!folder) return new MemorySegment(this.endOffset);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot create ${folder}: ${cause.message}`, { cause });
    }
    return new Segment(join3(folder, segmentName(this.endOffset)), this.endOffset);
  }
  /** A segment's snapshot is only worth something once the segment itself is on disk. */
  async finish(full, snapshot) {
    try {
      await full.flush();
      if (!this.isDeleted && this.segments.includes(full)) saveSnapshot(full, snapshot);
    } catch (error) {
      this.options.onWarning(`${full.path} has no snapshot, the next start reads it whole: ${error}`);
    }
  }
  remember(records2, batches, segment, marker) {
    for (const { header, at } of batches) {
      const baseOffset = this.endOffset;
      const lastOffset = baseOffset + header.lastOffsetDelta;
      const { maxTimestamp } = header;
      segment.index.add(baseOffset, segment.size, header);
      segment.size += header.size;
      segment.nextOffset = lastOffset + 1;
      const aborted = marker ? this.producers.ended(marker, baseOffset) : this.producers.appended(header, baseOffset);
      if (aborted) this.aborted.add(aborted);
      this.noteTime(baseOffset, maxTimestamp);
      this.endOffset = lastOffset + 1;
      this.tail.push({ baseOffset, lastOffset, maxTimestamp, bytes: records2.subarray(at, at + header.size) });
    }
  }
  noteTime(offset, timestamp) {
    if (timestamp > this.latest.timestamp) this.latest = { offset, timestamp };
  }
  noteTimes() {
    this.latest = { offset: -1, timestamp: -1 };
    for (const { index } of this.segments) this.noteTime(index.maxTimestampOffset, index.maxTimestamp);
  }
  /**
   * As `read`, but only what is decided: batches before the last stable offset, and the aborted transactions among them, whose records
   * the consumer passes over.
   */
  async readCommitted(offset, bytesMax) {
    const { stableOffset } = this;
    if (offset >= stableOffset) return { records: [], aborted: [] };
    const records2 = cutBefore(await this.read(offset, bytesMax), stableOffset);
    const end2 = this.aborted.reaches(offset) ? endOf(records2) : void 0;
    return { records: records2, aborted: end2 === void 0 ? [] : this.aborted.within(offset, end2) };
  }
  /** The producers that wrote to this partition, as far as they are remembered. */
  producerStates() {
    return [...this.producers.entries()];
  }
  /**
   * Whole batches from the one that holds `offset` on: at most `bytesMax` bytes, but always one batch where there is one. At once when
   * they are in memory. `offset` must be within `startOffset` and `endOffset`.
   */
  read(offset, bytesMax) {
    if (offset >= this.endOffset) return [];
    if (offset >= this.tail.startOffset) return this.tail.read(offset, bytesMax);
    const segment = this.segments.findLast((each) => each.baseOffset <= offset);
    return segment ? segment.read(offset, bytesMax).then((bytes2) => bytes2.length > 0 ? [bytes2] : []) : [];
  }
  /** The first record at or after `time`, in epoch milliseconds; undefined when all are before. */
  async firstAtOrAfter(time) {
    if (time > this.latest.timestamp) return void 0;
    const segment = this.segments.find((each) => each.index.maxTimestamp >= time);
    let offset = Math.max(segment?.index.offsetBefore(time) ?? 0, segment?.baseOffset ?? 0, this.startOffset);
    while (offset < this.endOffset) {
      const found = await this.read(offset, lookupBytes);
      if (found.length === 0) return void 0;
      for (const bytes2 of found) {
        for (let at = 0; at < bytes2.length; at += batchSizeAt(bytes2, at)) {
          const batch = bytes2.subarray(at, at + batchSizeAt(bytes2, at));
          const record = firstAtOrAfter(batch, time, this.startOffset);
          if (record) return record;
          offset = readBatchHeader(batch).lastOffset + 1;
        }
      }
    }
    return void 0;
  }
  /** The first record with the highest timestamp of all; undefined in an empty log. */
  async latestRecord() {
    return this.latest.timestamp < 0 ? void 0 : this.firstAtOrAfter(this.latest.timestamp);
  }
  /** Calls `wake` after every append until the returned function is called. */
  onAppend(wake) {
    this.waiting.add(wake);
    return () => this.waiting.delete(wake);
  }
  /** Brings all to disk, with what makes the next start quick. */
  async close() {
    this.over.abort();
    await this.cleaner.running;
    await this.rolling;
    const last = this.segments.at(-1);
    if (last instanceof Segment) {
      last.flushSync();
      saveSnapshot(last, takeSnapshot(last, this.producers, this.aborted));
    }
    for (const segment of this.segments) segment.close();
    this.tail.clear();
  }
  /** Forgets all records, in memory and on disk. Whoever waits is woken. */
  delete() {
    this.isDeleted = true;
    this.over.abort();
    for (const segment of this.segments) segment.close();
    this.tail.clear();
    if (this.options.folder) rmSync4(this.options.folder, { recursive: true, force: true });
    for (const wake of [...this.waiting]) wake();
  }
  /**
   * Moves the log's start to `offset`, which must lie within the log.
   * @throws KafkaError KAFKA_STORAGE_ERROR when that cannot be kept; the start is then as it was
   */
  deleteBefore(offset) {
    if (offset <= this.startOffset) return;
    this.keepState(offset, this.cleaner.compactedTo);
    this.startOffset = offset;
    this.tail.dropBefore(offset);
    this.dropExpired();
  }
  keepState(startOffset, compactedTo) {
    const { folder } = this.options;
    if (!folder) return;
    try {
      saveState(folder, { startOffset, compactedTo });
    } catch (cause) {
      throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot write to ${folder}: ${cause.message}`, { cause });
    }
  }
  /** Removes the segments that retention lets go; a log that lets go its last one goes on in an empty one. */
  dropExpired() {
    const expired = expiredSegments(this.segments, this.settings, this.startOffset, this.now);
    if (expired === 0) return;
    if (expired === this.segments.length) this.roll(this.segments.at(-1));
    for (const segment of this.segments.splice(0, expired)) {
      segment.close();
      if (segment.path) for (const path of [segment.path, snapshotPath(segment.path)]) rmSync4(path, { force: true });
    }
    this.startOffset = Math.max(this.startOffset, this.segments[0].baseOffset);
    this.tail.dropBefore(this.startOffset);
    this.aborted.dropBefore(this.startOffset);
    this.noteTimes();
  }
  /** Lets go and compacts what the topic's settings ask for; undefined when there is nothing to wait for. */
  cleanUp() {
    if (this.segments.length === 0 || this.over.signal.aborted) return void 0;
    try {
      this.dropExpired();
    } catch (error) {
      this.options.onWarning(`${this.options.folder}: what retention lets go is still there. ${error}`);
    }
    if (!this.settings.isCompacted || this.segments.length < 2) return void 0;
    return this.cleaner.run(this.cleaning());
  }
  cleaning() {
    const { now, segmentBytes, settings } = this;
    let lastOffsets;
    return {
      segments: this.segments.slice(0, -1),
      settings,
      segmentBytes,
      now,
      isLastOfProducer: ({ baseOffset }) => {
        lastOffsets ??= new Set(this.producers.snapshot().flatMap(([, { batches }]) => batches.at(-1)?.baseOffset ?? []));
        return lastOffsets.has(baseOffset);
      },
      signal: this.over.signal,
      snapshots: this.rolling,
      replace: (replacement) => this.replace(replacement),
      done: (compactedTo) => this.keepState(this.startOffset, compactedTo)
    };
  }
  /** Refuses when the log was deleted, or has let go one of the segments meanwhile. */
  replace(replacement) {
    const { segment, sources } = replacement;
    const at = this.segments.indexOf(sources[0]);
    if (this.isDeleted || at < 0 || sources.some((source, index) => this.segments[at + index] !== source)) {
      discard(replacement);
      return false;
    }
    putInPlace(replacement);
    this.segments.splice(at, sources.length, segment);
    for (const source of sources) source.close();
    this.tail.dropBefore(this.segments.at(-1).baseOffset);
    this.noteTimes();
    return true;
  }
};

// infra/broker/src/topics/broker-configs.ts
var keptOnly = /* @__PURE__ */ new Set(["log.cleaner.threads", "log.cleaner.backoff.ms", "num.io.threads", "num.network.threads", "num.replica.fetchers"]);
function checkBrokerConfigs(configs) {
  const isDynamic = (name) => topicConfigOfBroker.has(name) || keptOnly.has(name);
  const fixed = Object.keys(configs).filter((name) => !isDynamic(name));
  if (fixed.length > 0) throw new KafkaError("INVALID_REQUEST", `Cannot update these configs dynamically: [${fixed.join(", ")}]`);
  for (const [name, value] of Object.entries(configs)) {
    const topicConfig = topicConfigs[topicConfigOfBroker.get(name) ?? ""];
    try {
      if (topicConfig) checkValue(topicConfig.kind, name, value);
    } catch (error) {
      if (error instanceof KafkaError) throw new KafkaError("INVALID_REQUEST", error.reason);
      throw error;
    }
  }
}
function topicDefaults({ broker, cluster }) {
  const defaults = {};
  for (const [name, value] of Object.entries({ ...cluster, ...broker })) {
    const topicName = topicConfigOfBroker.get(name);
    if (topicName !== void 0) defaults[topicName] = value;
  }
  return defaults;
}

// infra/broker/src/topics/topics.ts
var nameCharsMax = 249;
function checkTopicName(name) {
  const refuse2 = (why) => {
    throw new KafkaError("INVALID_TOPIC_EXCEPTION", `Topic name is invalid: ${why}`);
  };
  if (name === "") refuse2("the empty string is not allowed");
  if (name === "." || name === "..") refuse2(`'${name}' is not allowed`);
  if (name.length > nameCharsMax) refuse2(`the length of '${name}' is longer than the max allowed length ${nameCharsMax}`);
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    refuse2(`'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`);
  }
}
function storing(write) {
  try {
    write();
  } catch (cause) {
    throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot be written to disk: ${cause.message}`, { cause });
  }
}
var Topics = class {
  /**
   * Opens what `dataDir` holds. Throws when its catalog cannot be read.
   * @param startConfigs settings of the broker that it was started with
   */
  constructor(dataDir, logOptions, limits = defaultLimits, startConfigs = {}) {
    this.dataDir = dataDir;
    this.logOptions = logOptions;
    this.limits = limits;
    this.startConfigs = startConfigs;
    this.catalogPath = dataDir && join4(dataDir, "topics.json");
    const catalog = this.loadCatalog();
    this.clusterId = catalog?.clusterId ?? Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64url");
    this.changedConfigs = catalog?.brokerConfigs ?? { cluster: {}, broker: {} };
    for (const { configs, id, name, partitions: partitions2 } of catalog?.topics ?? []) this.open(name, id, partitions2, configs);
    if (!catalog) this.saveCatalog();
  }
  dataDir;
  logOptions;
  limits;
  startConfigs;
  byName = /* @__PURE__ */ new Map();
  byId = /* @__PURE__ */ new Map();
  clusterId;
  /** Counts what was created, grown and deleted, so that somebody who keeps what it saw can tell that it is old. */
  changes = 0;
  catalogPath;
  changedConfigs;
  loadCatalog() {
    if (!this.catalogPath || !existsSync3(this.catalogPath)) return void 0;
    try {
      return JSON.parse(readFileSync3(this.catalogPath, "utf8"));
    } catch (cause) {
      throw new Error(`${this.catalogPath} cannot be read as JSON. Restore it, or remove the data directory to begin anew.`, { cause });
    }
  }
  saveCatalog() {
    this.changes++;
    if (!this.catalogPath) return;
    const topics = this.all().map(({ configs, id, name, partitions: partitions2 }) => ({ name, id, partitions: partitions2.length, configs }));
    const catalog = { clusterId: this.clusterId, topics, brokerConfigs: this.changedConfigs };
    storing(() => replaceFile(this.catalogPath, `${JSON.stringify(catalog, null, 2)}
`));
  }
  folderOf(name, partition) {
    return this.dataDir && join4(this.dataDir, "logs", `${name}-${partition}`);
  }
  open(name, id, partitions2, configs) {
    const topic2 = { name, id, configs, settings: readLogSettings(configs, this.topicDefaults), partitions: [] };
    this.openPartitions(topic2, partitions2);
    this.byName.set(name, topic2);
    this.byId.set(id, topic2);
    return topic2;
  }
  openPartitions(topic2, total) {
    for (let index = topic2.partitions.length; index < total; index++) {
      const place = { folder: this.folderOf(topic2.name, index), name: `${topic2.name}-${index}` };
      topic2.partitions.push(new PartitionLog({ ...this.logOptions, ...place, settings: topic2.settings }));
    }
  }
  checkCount(partitions2) {
    const { partitionsMax, partitionsPerTopicMax } = this.limits;
    if (partitions2 < 1 || partitions2 > partitionsPerTopicMax) {
      throw new KafkaError("INVALID_PARTITIONS", `Number of partitions must be between 1 and ${partitionsPerTopicMax}, not ${partitions2}.`);
    }
    let all = partitions2;
    for (const topic2 of this.byName.values()) all += topic2.partitions.length;
    if (all > partitionsMax) throw new KafkaError("POLICY_VIOLATION", `the broker holds ${partitionsMax} partitions at most`);
  }
  /** Throws KafkaError with the reason why a topic cannot be created. */
  checkNew(name, partitions2, configs) {
    checkTopicName(name);
    if (this.byName.has(name)) throw new KafkaError("TOPIC_ALREADY_EXISTS", `Topic '${name}' already exists.`);
    if (this.byName.size >= this.limits.topicsMax)
      throw new KafkaError("POLICY_VIOLATION", `the broker holds ${this.limits.topicsMax} topics at most`);
    this.checkCount(partitions2);
    checkTopicConfigs(configs);
  }
  /** Creates a topic; it is on disk when this returns. Throws KafkaError as `checkNew` does. */
  create(name, partitions2, configs = {}) {
    this.checkNew(name, partitions2, configs);
    for (let index = 0; index < partitions2; index++) {
      const folder = this.folderOf(name, index);
      if (folder) rmSync5(folder, { recursive: true, force: true });
    }
    const topic2 = this.open(name, randomUUID(), partitions2, configs);
    try {
      this.saveCatalog();
    } catch (error) {
      this.byName.delete(name);
      this.byId.delete(topic2.id);
      throw error;
    }
    return topic2;
  }
  /** Throws KafkaError INVALID_PARTITIONS unless `total` is more than there are. */
  checkGrowth(topic2, total) {
    const now = topic2.partitions.length;
    if (total <= now)
      throw new KafkaError("INVALID_PARTITIONS", `Topic currently has ${now} partitions, which is not less than the requested ${total}.`);
    this.checkCount(total);
  }
  /** Adds partitions up to `total`. Throws KafkaError as `checkGrowth` does. */
  grow(topic2, total) {
    this.checkGrowth(topic2, total);
    const before = topic2.partitions.length;
    this.openPartitions(topic2, total);
    try {
      this.saveCatalog();
    } catch (error) {
      topic2.partitions.length = before;
      throw error;
    }
  }
  /** Settings of the broker that were changed while it ran. */
  get brokerConfigs() {
    return this.changedConfigs;
  }
  get topicDefaults() {
    const { broker, cluster } = this.changedConfigs;
    return topicDefaults({ broker, cluster: { ...this.startConfigs, ...cluster } });
  }
  apply(topic2, configs) {
    topic2.configs = configs;
    topic2.settings = readLogSettings(configs, this.topicDefaults);
    for (const log of topic2.partitions) log.settings = topic2.settings;
  }
  /** Gives a topic these settings and no others, from the next record on. Throws KafkaError INVALID_CONFIG when one cannot be kept. */
  setConfigs(topic2, configs, validateOnly) {
    checkTopicConfigs(configs);
    if (validateOnly) return;
    const before = topic2.configs;
    topic2.configs = configs;
    try {
      this.saveCatalog();
    } catch (error) {
      topic2.configs = before;
      throw error;
    }
    this.apply(topic2, configs);
  }
  /** Gives the broker, or the cluster, these settings and no others. Throws KafkaError INVALID_REQUEST when one cannot be changed. */
  setBrokerConfigs(scope, configs, validateOnly) {
    checkBrokerConfigs(configs);
    if (validateOnly) return;
    const before = this.changedConfigs;
    this.changedConfigs = { ...before, [scope]: configs };
    try {
      this.saveCatalog();
    } catch (error) {
      this.changedConfigs = before;
      throw error;
    }
    for (const topic2 of this.byName.values()) this.apply(topic2, topic2.configs);
  }
  /** Removes a topic and its records. */
  delete(topic2) {
    this.byName.delete(topic2.name);
    this.byId.delete(topic2.id);
    this.saveCatalog();
    for (const partition of topic2.partitions) partition.delete();
  }
  find(name) {
    return this.byName.get(name);
  }
  findById(id) {
    return this.byId.get(id);
  }
  all() {
    return [...this.byName.values()];
  }
  /** The logs of all partitions. */
  *logs() {
    for (const { partitions: partitions2 } of this.byName.values()) yield* partitions2;
  }
  async close() {
    for (const topic2 of this.byName.values()) for (const partition of topic2.partitions) await partition.close();
  }
};

// infra/broker/src/handlers/handler.ts
var nodeId = 0;
function topicOf(topics, name, id, usesIds) {
  return usesIds ? topics.findById(id) : topics.find(name ?? "");
}

// infra/broker/src/handlers/alter-configs.ts
function topicOf2({ topics }, name) {
  if (name === "") throw new KafkaError("INVALID_REQUEST", "Default topic resources are not allowed.");
  checkTopicName(name);
  const topic2 = topics.find(name);
  if (!topic2) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `The topic '${name}' does not exist.`);
  return topic2;
}
function checkNodeId(name) {
  if (!/^-?\d+$/.test(name)) throw new KafkaError("INVALID_REQUEST", `Node id must be an integer, but it is: ${name}`);
  if (name !== String(nodeId)) throw new KafkaError("INVALID_REQUEST", `Unexpected broker id, expected ${nodeId}, but received ${name}`);
}
function kindOf(name) {
  const config = name !== void 0 && Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : void 0;
  return config && { type: config.kind.type, default: config.default };
}
function configurable(state, { resourceName, resourceType }) {
  const { topics } = state;
  if (resourceType === configResource.topic) {
    const topic2 = topicOf2(state, resourceName);
    return { current: topic2.configs, known: kindOf, set: (configs, validateOnly) => topics.setConfigs(topic2, configs, validateOnly) };
  }
  if (resourceType !== configResource.broker) throw new KafkaError("INVALID_REQUEST", `Unknown resource type ${resourceType}`);
  if (resourceName !== "") checkNodeId(resourceName);
  const scope = resourceName === "" ? "cluster" : "broker";
  return {
    current: topics.brokerConfigs[scope],
    known: (name) => kindOf(topicConfigOfBroker.get(name)),
    set: (configs, validateOnly) => topics.setBrokerConfigs(scope, configs, validateOnly)
  };
}
function answer(resources2, change) {
  const keyOf = ({ resourceName, resourceType }) => `${resourceType} ${resourceName}`;
  const keys = resources2.map(keyOf);
  return resources2.map((resource) => {
    const { configs, resourceName, resourceType } = resource;
    try {
      const key = keyOf(resource);
      if (keys.indexOf(key) !== keys.lastIndexOf(key)) {
        throw new KafkaError("INVALID_REQUEST", "Each resource must appear at most once.");
      }
      if (new Set(configs.map(({ name }) => name)).size < configs.length) {
        throw new KafkaError("INVALID_REQUEST", "Error due to duplicate config keys");
      }
      change(resource);
      return { resourceType, resourceName, errorCode: errorCodes.NONE };
    } catch (error) {
      if (error instanceof KafkaError) return { resourceType, resourceName, errorCode: error.code, errorMessage: error.reason };
      throw error;
    }
  });
}
function nullNames(configs) {
  return configs.flatMap(({ name, value }) => value === null ? [name] : []).join(",");
}
var alterConfigs2 = (state, { resources: resources2, validateOnly }) => ({
  responses: answer(resources2, ({ configs, ...resource }) => {
    const names2 = nullNames(configs);
    if (names2) throw new KafkaError("INVALID_REQUEST", `Null value not supported for : ${names2}`);
    configurable(state, resource).set(Object.fromEntries(configs.map(({ name, value }) => [name, value])), validateOnly);
  })
});
function changed(configs, { configOperation: operation, name, value }, { known }) {
  const { [name]: current, ...others } = configs;
  if (operation === configOperation.delete) return others;
  if (operation === configOperation.set) return { ...others, [name]: value };
  const word = operation === configOperation.append ? "APPEND" : "SUBTRACT";
  const kind = known(name);
  if (kind?.type !== configType.list) {
    throw new KafkaError("INVALID_CONFIG", `Can't ${word} to key ${name} because its type is not LIST.`);
  }
  const before = elementsOf(current ?? kind.default);
  const given = elementsOf(value);
  const after = word === "APPEND" ? /* @__PURE__ */ new Set([...before, ...given]) : before.filter((each) => !given.includes(each));
  return { ...others, [name]: [...after].join(",") };
}
var incrementalAlterConfigs2 = (state, { resources: resources2, validateOnly }) => ({
  responses: answer(resources2, ({ configs, ...resource }) => {
    const names2 = nullNames(configs.filter((each) => each.configOperation !== configOperation.delete));
    if (names2) throw new KafkaError("INVALID_REQUEST", `Null value not supported for : ${names2}`);
    const unknown2 = configs.find((each) => each.configOperation < configOperation.set || each.configOperation > configOperation.subtract);
    if (unknown2) throw new KafkaError("INVALID_REQUEST", `Unknown config operation ${unknown2.configOperation} for ${unknown2.name}`);
    const target = configurable(state, resource);
    let result = target.current;
    for (const change of configs) result = changed(result, change, target);
    target.set(result, validateOnly);
  })
});

// infra/broker/src/handlers/cluster.ts
var brokersEndpoint = 1;
var describeCluster2 = ({ host, port, topics }, { endpointType }) => {
  const cluster = { clusterId: topics.clusterId, controllerId: nodeId, endpointType };
  if (endpointType !== brokersEndpoint) return { ...cluster, errorCode: errorCodes.MISMATCHED_ENDPOINT_TYPE, brokers: [] };
  return { ...cluster, errorCode: errorCodes.NONE, brokers: [{ brokerId: nodeId, host, port }] };
};
var findCoordinator2 = ({ host, port }, { coordinatorKeys, key, keyType }, { version: version2 }) => {
  const isCoordinated = keyType === coordinatorKeyType.group || keyType === coordinatorKeyType.transaction;
  const found = isCoordinated ? { errorCode: errorCodes.NONE, errorMessage: null, nodeId, host, port } : {
    errorCode: errorCodes.INVALID_REQUEST,
    errorMessage: "only consumer groups and transactions are coordinated here",
    nodeId: -1,
    host: "",
    port: -1
  };
  return version2 < 4 ? { ...found, key } : { coordinators: coordinatorKeys.map((each) => ({ ...found, key: each })) };
};

// infra/broker/src/handlers/configs.ts
function brokerSynonyms({ topics }, name) {
  if (name === void 0) return [];
  const { broker, cluster } = topics.brokerConfigs;
  const places = [
    [broker, configSource.dynamicBroker],
    [cluster, configSource.dynamicDefaultBroker],
    [topics.startConfigs, configSource.staticBroker]
  ];
  return places.flatMap(([set, source]) => set[name] === void 0 ? [] : [{ name, value: set[name], source }]);
}
function describeConfig(state, name, set) {
  const { broker, default: byDefault, kind } = topicConfigs[name];
  const synonyms = brokerSynonyms(state, broker);
  if (broker !== void 0) synonyms.push({ name: broker, value: byDefault, source: configSource.default });
  if (set[name] !== void 0) synonyms.unshift({ name, value: set[name], source: configSource.topic });
  const { source, value } = synonyms[0] ?? { source: configSource.default, value: byDefault };
  return { name, value, configSource: source, configType: kind.type, synonyms };
}
function fixedConfigs({ autoCreateTopics, defaultPartitions, host, port, topics }) {
  const values = [
    ["advertised.listeners", `PLAINTEXT://${host}:${port}`, configType.list],
    ["auto.create.topics.enable", String(autoCreateTopics), configType.boolean],
    ["broker.id", String(nodeId), configType.int],
    ["default.replication.factor", "1", configType.int],
    ["listeners", `PLAINTEXT://${host}:${port}`, configType.list],
    ["log.dirs", topics.dataDir ?? "", configType.list],
    ["node.id", String(nodeId), configType.int],
    ["num.partitions", String(defaultPartitions), configType.int]
  ];
  return values.map(([name, value, type]) => ({
    name,
    value,
    configSource: configSource.staticBroker,
    configType: type,
    readOnly: true,
    synonyms: [{ name, value, source: configSource.staticBroker }]
  }));
}
function brokerConfigs(state) {
  const ofTopics = [...topicConfigOfBroker].map(([name, topicName]) => {
    const { default: byDefault, kind } = topicConfigs[topicName];
    const synonyms = [...brokerSynonyms(state, name), { name, value: byDefault, source: configSource.default }];
    return { name, value: synonyms[0].value, configSource: synonyms[0].source, configType: kind.type, synonyms };
  });
  return [...fixedConfigs(state), ...ofTopics, ...keptConfigs(state, state.topics.brokerConfigs.broker, configSource.dynamicBroker)];
}
function keptConfigs(state, set, source) {
  const others = Object.entries(set).filter(([name]) => !topicConfigOfBroker.has(name));
  return others.map(([name, value]) => ({
    name,
    value,
    configSource: source,
    configType: configType.string,
    synonyms: brokerSynonyms(state, name)
  }));
}
function clusterConfigs(state) {
  return Object.entries(state.topics.brokerConfigs.cluster).map(([name, value]) => {
    const source = configSource.dynamicDefaultBroker;
    const type = topicConfigs[topicConfigOfBroker.get(name) ?? ""]?.kind.type ?? configType.string;
    return { name, value, configSource: source, configType: type, synonyms: [{ name, value, source }] };
  });
}
function checkNodeId2(resourceName) {
  if (resourceName === String(nodeId)) return;
  const isNumber = /^-?\d+$/.test(resourceName);
  const reason = isNumber ? `Unexpected broker id, expected ${nodeId} or empty string, but received ${resourceName}` : `Broker id must be an integer, but it is: ${resourceName}`;
  throw new KafkaError("INVALID_REQUEST", reason);
}
function configsOf(state, resourceType, resourceName) {
  switch (resourceType) {
    case configResource.topic: {
      checkTopicName(resourceName);
      const topic2 = state.topics.find(resourceName);
      if (!topic2) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", "This server does not host this topic-partition.");
      return Object.keys(topicConfigs).map((name) => describeConfig(state, name, topic2.configs));
    }
    case configResource.broker:
      if (resourceName === "") return clusterConfigs(state);
      checkNodeId2(resourceName);
      return brokerConfigs(state);
    case configResource.brokerLogger:
    case configResource.clientMetrics:
    case configResource.group:
      return [];
    default:
      throw new KafkaError("INVALID_REQUEST", `Unknown resource type ${resourceType}`);
  }
}
var describeConfigs2 = (state, { includeSynonyms, resources: resources2 }) => ({
  results: resources2.map(({ configurationKeys, resourceName, resourceType }) => {
    const resource = { resourceType, resourceName };
    try {
      const configs = configsOf(state, resourceType, resourceName).filter(({ name }) => !configurationKeys || configurationKeys.includes(name)).map((config) => includeSynonyms ? config : { ...config, synonyms: [] });
      return { ...resource, errorCode: errorCodes.NONE, configs };
    } catch (error) {
      if (error instanceof KafkaError) return { ...resource, errorCode: error.code, errorMessage: error.reason, configs: [] };
      throw error;
    }
  })
});
var listConfigResources2 = ({ topics }, { resourceTypes }, { version: version2 }) => {
  const { broker, brokerLogger, clientMetrics, group, topic: topic2 } = configResource;
  const known = [topic2, broker, brokerLogger, clientMetrics, group];
  const asked = version2 === 0 ? [clientMetrics] : resourceTypes.length === 0 ? known : resourceTypes;
  if (asked.some((type) => !known.includes(type))) return { errorCode: errorCodes.UNSUPPORTED_VERSION, configResources: [] };
  const names2 = {
    [topic2]: topics.all().map(({ name }) => name),
    [broker]: [String(nodeId)],
    [brokerLogger]: [String(nodeId)]
  };
  const configResources = asked.flatMap((resourceType) => (names2[resourceType] ?? []).map((resourceName) => ({ resourceName, resourceType })));
  return { errorCode: errorCodes.NONE, configResources };
};

// infra/broker/src/handlers/leader-epoch.ts
function leaderEpochError(currentLeaderEpoch) {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === leaderEpoch) return errorCodes.NONE;
  return currentLeaderEpoch < leaderEpoch ? errorCodes.FENCED_LEADER_EPOCH : errorCodes.UNKNOWN_LEADER_EPOCH;
}
var offsetForLeaderEpoch2 = ({ topics }, request) => ({
  topics: request.topics.map(({ partitions: partitions2, topic: topic2 }) => ({
    topic: topic2,
    partitions: partitions2.map(({ currentLeaderEpoch, leaderEpoch: asked, partition }) => {
      const log = topics.find(topic2)?.partitions[partition];
      if (!log) return { partition, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
      const errorCode = leaderEpochError(currentLeaderEpoch);
      if (errorCode !== errorCodes.NONE || asked !== leaderEpoch) return { partition, errorCode };
      return { partition, errorCode, leaderEpoch, endOffset: log.endOffset };
    })
  }))
});

// infra/broker/src/handlers/fetch.ts
var idsFrom = 13;
function failed(partitionIndex, errorCode) {
  return { partitionIndex, errorCode, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, abortedTransactions: null, records: [] };
}
async function readPartition(topic2, asked, budget, isCommitted) {
  const { currentLeaderEpoch, fetchOffset, partition, partitionMaxBytes } = asked;
  const log = topic2.partitions[partition];
  if (!log) return failed(partition, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  const wrongEpoch = leaderEpochError(currentLeaderEpoch);
  if (wrongEpoch !== errorCodes.NONE) return failed(partition, wrongEpoch);
  const { endOffset, stableOffset, startOffset } = log;
  if (fetchOffset < startOffset || fetchOffset > endOffset) {
    return { ...failed(partition, errorCodes.OFFSET_OUT_OF_RANGE), highWatermark: endOffset, logStartOffset: startOffset };
  }
  const allowed = budget.share.claim(Math.min(partitionMaxBytes, budget.bytesLeft));
  let records2 = [];
  let abortedTransactions = isCommitted ? [] : null;
  if (allowed > 0 || budget.isEmpty) {
    if (isCommitted) ({ records: records2, aborted: abortedTransactions } = await log.readCommitted(fetchOffset, allowed));
    else records2 = await log.read(fetchOffset, allowed);
  }
  let bytes2 = 0;
  for (const each of records2) bytes2 += each.length;
  if (bytes2 > budget.bytesLeft && !budget.isEmpty) records2 = [];
  else budget.bytesLeft -= bytes2;
  budget.share.settle(allowed, records2.length > 0 ? bytes2 : 0);
  if (records2.length > 0) budget.isEmpty = false;
  return {
    partitionIndex: partition,
    errorCode: errorCodes.NONE,
    highWatermark: endOffset,
    lastStableOffset: stableOffset,
    logStartOffset: startOffset,
    abortedTransactions,
    records: records2
  };
}
async function gather(state, request, usesIds, share) {
  const bytesMax = Math.min(request.maxBytes, state.limits.fetchBytesMax);
  const isCommitted = request.isolationLevel === isolationLevel.readCommitted;
  const budget = { bytesLeft: bytesMax, isEmpty: true, share };
  const answer2 = { responses: [], bytes: 0, hasError: false };
  for (const { partitions: partitions2, topic: name, topicId } of request.topics) {
    const topic2 = topicOf(state.topics, name, topicId, usesIds);
    const answers = [];
    for (const asked of partitions2) {
      const unknown2 = usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
      const found = topic2 ? await readPartition(topic2, asked, budget, isCommitted) : failed(asked.partition, unknown2);
      if (found.errorCode !== errorCodes.NONE) answer2.hasError = true;
      answers.push(found);
    }
    answer2.responses.push({ topic: name, topicId, partitions: answers });
  }
  answer2.bytes = bytesMax - budget.bytesLeft;
  return answer2;
}
function appended(state, request, usesIds, waitMs, signal) {
  return new Promise((resolve3) => {
    const stops = [];
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      for (const stop of stops) stop();
      resolve3();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener("abort", done);
    for (const { partitions: partitions2, topic: name, topicId } of request.topics) {
      const topic2 = topicOf(state.topics, name, topicId, usesIds);
      for (const { partition } of partitions2) {
        const log = topic2?.partitions[partition];
        if (log) stops.push(log.onAppend(done));
      }
    }
  });
}
function hasGrown(state, { responses }, usesIds) {
  return responses.some(({ partitions: partitions2, topic: name, topicId }) => {
    const topic2 = topicOf(state.topics, name, topicId, usesIds);
    return partitions2.some(({ highWatermark: highWatermark2, partitionIndex }) => topic2?.partitions[partitionIndex]?.endOffset !== highWatermark2);
  });
}
var fetch2 = async (state, request, { afterAnswer, signal, version: version2 }) => {
  if (request.sessionId !== 0) return { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
  const usesIds = version2 >= idsFrom;
  const deadline = Date.now() + Math.min(Math.max(request.maxWaitMs, 0), state.limits.fetchWaitMsMax);
  const share = state.fetchMemory.share();
  afterAnswer(() => share.release());
  for (; ; ) {
    const answer2 = await gather(state, request, usesIds, share);
    const waitMs = deadline - Date.now();
    const isEnough = answer2.bytes >= request.minBytes || answer2.hasError || share.isCut || waitMs <= 0 || signal.aborted;
    if (isEnough) return { errorCode: errorCodes.NONE, responses: answer2.responses };
    share.release();
    if (!hasGrown(state, answer2, usesIds)) await appended(state, request, usesIds, waitMs, signal);
  }
};

// infra/broker/src/groups/consumer-member.ts
function newConsumerMember(id, instanceId) {
  return {
    id,
    instanceId,
    rackId: null,
    clientId: "",
    clientHost: "",
    rebalanceTimeoutMs: 0,
    serverAssignor: null,
    subscribedTopicNames: [],
    subscribedTopicRegex: null,
    sessionDeadline: Number.POSITIVE_INFINITY,
    ...nothingAssigned()
  };
}
function nothingAssigned() {
  const none2 = { assigned: /* @__PURE__ */ new Map(), pendingRevocation: /* @__PURE__ */ new Map() };
  return { ...none2, epoch: 0, previousEpoch: 0, state: "Stable", revocationDeadline: Number.POSITIVE_INFINITY };
}
var awayEpoch = -2;
var leaveEpoch = -1;
function has(assignment2, topicId, partition) {
  return assignment2.get(topicId)?.has(partition) ?? false;
}
function without(assignment2, isTaken) {
  const rest = /* @__PURE__ */ new Map();
  for (const [topicId, partitions2] of assignment2) {
    const left = [...partitions2].filter((partition) => !isTaken(topicId, partition));
    if (left.length > 0) rest.set(topicId, new Set(left));
  }
  return rest;
}
function union(left, right) {
  const all = new Map([...left].map(([topicId, partitions2]) => [topicId, new Set(partitions2)]));
  for (const [topicId, partitions2] of right) all.set(topicId, /* @__PURE__ */ new Set([...all.get(topicId) ?? [], ...partitions2]));
  return all;
}
function owns(owned, assignment2) {
  return owned === null || owned.some(({ partitions: partitions2, topicId }) => partitions2.some((partition) => has(assignment2, topicId, partition)));
}
function isWithin(owned, assignment2) {
  if (owned === null) return false;
  return owned.every(({ partitions: partitions2, topicId }) => partitions2.every((partition) => has(assignment2, topicId, partition)));
}
function toTopicPartitions(assignment2) {
  return [...assignment2].map(([topicId, partitions2]) => ({ topicId, partitions: [...partitions2].sort((left, right) => left - right) }));
}
function reconcile(member, target, owned, isHeld) {
  if (member.state === "Stable" && member.epoch === target.epoch) return false;
  if (member.state === "UnrevokedPartitions" && owns(owned, member.pendingRevocation)) return false;
  const kept = without(member.assigned, (topicId, partition) => !has(target.assignment, topicId, partition));
  const surplus = without(member.assigned, (topicId, partition) => has(target.assignment, topicId, partition));
  const before = member.assigned;
  if (surplus.size > 0 && owns(owned, surplus)) {
    moveTo(member, member.state === "UnrevokedPartitions" ? member.epoch + 1 : member.epoch);
    Object.assign(member, { state: "UnrevokedPartitions", assigned: kept, pendingRevocation: surplus });
    return true;
  }
  const missing2 = without(target.assignment, (topicId, partition) => has(kept, topicId, partition));
  const free = without(missing2, isHeld);
  const mustWait = without(missing2, (topicId, partition) => !isHeld(topicId, partition)).size > 0;
  const assigned = union(kept, free);
  Object.assign(member, { state: mustWait ? "UnreleasedPartitions" : "Stable", assigned, pendingRevocation: /* @__PURE__ */ new Map() });
  moveTo(member, target.epoch);
  return !isSame(before, assigned);
}
function moveTo(member, epoch) {
  member.previousEpoch = member.epoch;
  member.epoch = epoch;
}
function isSame(left, right) {
  if (left.size !== right.size) return false;
  for (const [topicId, partitions2] of left) {
    const others = right.get(topicId);
    if (others?.size !== partitions2.size || [...partitions2].some((partition) => !others.has(partition))) return false;
  }
  return true;
}

// infra/broker/src/handlers/groups.ts
var notFoundFrom = 6;
function describeMember(member, { protocolName, state }) {
  const { assignment: assignment2, clientHost, clientId, id, instanceId, protocols } = member;
  const metadata4 = state === "Stable" ? protocols.find(({ name }) => name === protocolName)?.metadata : void 0;
  return {
    memberId: id,
    groupInstanceId: instanceId,
    clientId,
    // as Java prints an address
    clientHost: `/${clientHost}`,
    memberMetadata: metadata4 ?? Buffer.alloc(0),
    memberAssignment: assignment2
  };
}
var describeGroups2 = ({ groups }, request, { version: version2 }) => ({
  groups: request.groups.map((groupId) => {
    const group = groups.find(groupId);
    if (group?.type === "classic" && !(group.isEmpty && group.generation === 0)) {
      const { members, protocolName, protocolType, state } = group;
      return {
        errorCode: errorCodes.NONE,
        groupId,
        groupState: state,
        protocolType,
        protocolData: state === "Stable" ? protocolName ?? "" : "",
        members: members.all().map((member) => describeMember(member, group))
      };
    }
    const isConsumer = group?.type === "consumer";
    if (!isConsumer && groups.offsets.topicsOf(groupId).size > 0)
      return { errorCode: errorCodes.NONE, groupId, groupState: "Empty", members: [] };
    const isError = version2 >= notFoundFrom;
    return {
      errorCode: isError ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.NONE,
      errorMessage: isError ? `Group ${groupId} ${isConsumer ? "is not a classic group" : "not found"}.` : null,
      groupId,
      groupState: "Dead",
      members: []
    };
  })
});
var listGroups2 = ({ groups }, { statesFilter, typesFilter }) => {
  const accepts = (filter, value) => filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase());
  const listed = groups.groupIds().map((groupId) => {
    const group = groups.find(groupId);
    return { groupId, protocolType: group?.protocolType ?? "", groupState: group?.state ?? "Empty", groupType: group?.type ?? "classic" };
  });
  return {
    errorCode: errorCodes.NONE,
    groups: listed.filter(({ groupState, groupType }) => accepts(statesFilter, groupState) && accepts(typesFilter, groupType))
  };
};
var deleteGroups2 = ({ groups }, { groupsNames }) => ({
  results: groupsNames.map((groupId) => ({ groupId, errorCode: groups.delete(groupId) }))
});
var consumerMemberType = 1;
function describeAssignment(assignment2, topics) {
  const known = toTopicPartitions(assignment2).flatMap((each) => {
    const topicName = topics.findById(each.topicId)?.name;
    return topicName === void 0 ? [] : [{ ...each, topicName }];
  });
  return { topicPartitions: known };
}
function describeConsumer(member, group, topics) {
  const { assigned, clientHost, clientId, epoch, id, instanceId, rackId, subscribedTopicNames, subscribedTopicRegex } = member;
  return {
    memberId: id,
    instanceId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost: `/${clientHost}`,
    subscribedTopicNames,
    subscribedTopicRegex,
    assignment: describeAssignment(assigned, topics),
    targetAssignment: describeAssignment(group.targetOf(member), topics),
    memberType: consumerMemberType
  };
}
var consumerGroupDescribe2 = ({ groups, topics }, { groupIds }) => ({
  groups: groupIds.map((groupId) => {
    const group = groups.find(groupId);
    if (groupId === "") return { errorCode: errorCodes.INVALID_GROUP_ID, groupId, members: [] };
    if (group?.type !== "consumer") {
      const errorMessage = groups.has(groupId) ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`;
      return { errorCode: errorCodes.GROUP_ID_NOT_FOUND, errorMessage, groupId, members: [] };
    }
    return {
      errorCode: errorCodes.NONE,
      groupId,
      groupState: group.state,
      groupEpoch: group.epoch,
      assignmentEpoch: group.assignmentEpoch,
      assignorName: group.assignorName,
      members: group.members.map((member) => describeConsumer(member, group, topics))
    };
  })
});

// infra/broker/src/handlers/list-offsets.ts
var unknown = { timestamp: -1, offset: -1 };
function below(found, end2) {
  return found && found.offset < end2 ? found : unknown;
}
async function lookUp(log, timestamp, end2) {
  switch (timestamp) {
    case listOffsetsTimestamp.latest:
      return { timestamp: -1, offset: end2 };
    case listOffsetsTimestamp.earliest:
    case listOffsetsTimestamp.earliestLocal:
      return { timestamp: -1, offset: log.startOffset };
    case listOffsetsTimestamp.maxTimestamp:
      return below(await log.latestRecord(), end2);
    case listOffsetsTimestamp.latestTiered:
    case listOffsetsTimestamp.earliestPendingUpload:
      return unknown;
    default:
      return below(await log.firstAtOrAfter(timestamp), end2);
  }
}
var listOffsets2 = async (state, { isolationLevel: level, topics }) => {
  const answers = topics.map(async ({ name, partitions: partitions2 }) => {
    const found = partitions2.map(async ({ currentLeaderEpoch, partitionIndex, timestamp }) => {
      const log = state.topics.find(name)?.partitions[partitionIndex];
      if (!log) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
      const wrongEpoch = leaderEpochError(currentLeaderEpoch);
      if (wrongEpoch !== errorCodes.NONE) return { partitionIndex, errorCode: wrongEpoch };
      const place = await lookUp(log, timestamp, level === isolationLevel.readCommitted ? log.stableOffset : log.endOffset);
      return { partitionIndex, errorCode: errorCodes.NONE, ...place, leaderEpoch: place.offset < 0 ? -1 : leaderEpoch };
    });
    return { name, partitions: await Promise.all(found) };
  });
  return { topics: await Promise.all(answers) };
};

// infra/broker/src/handlers/log-dirs.ts
import { statfsSync } from "node:fs";
import { join as join5 } from "node:path";
var memory = "/memory";
var unknownBytes = -1;
function roomOf(folder) {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize };
  } catch {
    return { totalBytes: unknownBytes, usableBytes: unknownBytes };
  }
}
var describeLogDirs2 = ({ topics }, request) => {
  const asked = request.topics ?? topics.all().map(({ name, partitions: partitions2 }) => ({ topic: name, partitions: [...partitions2.keys()] }));
  const described = asked.map(({ partitions: partitions2, topic: topic2 }) => ({
    name: topic2,
    partitions: partitions2.flatMap((partitionIndex) => {
      const log = topics.find(topic2)?.partitions[partitionIndex];
      return log ? [{ partitionIndex, partitionSize: log.sizeBytes }] : [];
    })
  }));
  const logDir = topics.dataDir === void 0 ? memory : join5(topics.dataDir, "logs");
  const room = topics.dataDir === void 0 ? { totalBytes: unknownBytes, usableBytes: unknownBytes } : roomOf(logDir);
  const filled = described.filter(({ partitions: partitions2 }) => partitions2.length > 0);
  return { errorCode: errorCodes.NONE, results: [{ errorCode: errorCodes.NONE, logDir, topics: filled, ...room }] };
};

// infra/broker/src/handlers/membership.ts
var memberIdRequiredFrom = 4;
var skipAssignmentFrom = 9;
var ownIdRequiredFrom = 1;
var joinGroup2 = async ({ groups }, request, { clientHost, clientId, version: version2 }) => {
  const { groupId, groupInstanceId, memberId, protocolType, sessionTimeoutMs } = request;
  return groups.join(groupId, {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType,
    // copied: a member outlives the frame it came in
    protocols: request.protocols.map(({ metadata: metadata4, name }) => ({ name, metadata: Buffer.from(metadata4) })),
    requiresMemberId: version2 >= memberIdRequiredFrom,
    canSkipAssignment: version2 >= skipAssignmentFrom
  });
};
var syncGroup2 = ({ groups }, request) => groups.sync(request.groupId, request);
var heartbeat2 = ({ groups }, request) => ({ errorCode: groups.heartbeat(request.groupId, request) });
var leaveGroup2 = ({ groups }, { groupId, memberId, members }, { version: version2 }) => {
  if (groupId === "") return { errorCode: errorCodes.INVALID_GROUP_ID, members: [] };
  if (version2 < 3) return { errorCode: groups.leave(groupId, memberId, null) };
  return {
    errorCode: errorCodes.NONE,
    members: members.map((each) => ({ ...each, errorCode: groups.leave(groupId, each.memberId, each.groupInstanceId) }))
  };
};
var consumerGroupHeartbeat2 = ({ groups }, request, { clientHost, clientId, version: version2 }) => {
  try {
    const result = groups.consumerHeartbeat(request.groupId, { ...request, clientHost, clientId }, version2 >= ownIdRequiredFrom);
    return { errorCode: errorCodes.NONE, ...result };
  } catch (error) {
    if (error instanceof KafkaError) return { errorCode: error.code, errorMessage: error.message };
    throw error;
  }
};

// infra/broker/src/handlers/metadata.ts
function describe(topic2) {
  const partitions2 = topic2.partitions.map((_, partitionIndex) => ({
    errorCode: errorCodes.NONE,
    partitionIndex,
    leaderId: nodeId,
    leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: [nodeId]
  }));
  return { errorCode: errorCodes.NONE, name: topic2.name, topicId: topic2.id, partitions: partitions2 };
}
function missing(name, topicId, errorCode) {
  return { errorCode, name, topicId, partitions: [] };
}
function byName(state, name, mayCreate) {
  const topic2 = state.topics.find(name);
  if (topic2) return describe(topic2);
  try {
    if (mayCreate) return describe(state.topics.create(name, state.defaultPartitions));
    return missing(name, zeroUuid, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  } catch (error) {
    if (error instanceof KafkaError) return missing(name, zeroUuid, error.code);
    throw error;
  }
}
var metadata2 = (state, request, { version: version2 }) => {
  const { host, port, topics } = state;
  const isAll = request.topics === null || version2 === 0 && request.topics.length === 0;
  const mayCreate = state.autoCreateTopics && request.allowAutoTopicCreation;
  const described = isAll ? topics.all().map(describe) : request.topics.map(({ name, topicId }) => {
    if (name !== null) return byName(state, name, mayCreate);
    const topic2 = topics.findById(topicId);
    return topic2 ? describe(topic2) : missing(version2 < 12 ? "" : null, topicId, errorCodes.UNKNOWN_TOPIC_ID);
  });
  return { brokers: [{ nodeId, host, port }], clusterId: topics.clusterId, controllerId: nodeId, topics: described };
};

// infra/broker/src/handlers/offsets.ts
var idsFrom2 = 10;
var metadataBytesMax = 4096;
function offsetError(topic2, asked, usesIds) {
  if (!topic2) return usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  if (!topic2.partitions[asked.partitionIndex]) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  if (asked.committedOffset < 0) return errorCodes.INVALID_COMMIT_OFFSET_SIZE;
  const isTooLarge = Buffer.byteLength(asked.committedMetadata ?? "") > metadataBytesMax;
  return isTooLarge ? errorCodes.OFFSET_METADATA_TOO_LARGE : errorCodes.NONE;
}
var offsetCommit2 = ({ groups, topics }, request, { version: version2 }) => {
  const { generationIdOrMemberEpoch: generationId, groupId, groupInstanceId, memberId } = request;
  const usesIds = version2 >= idsFrom2;
  const refused = groups.commitError(groupId, { memberId, groupInstanceId, generationId, version: version2 });
  const entries = [];
  const answers = request.topics.map(({ name, partitions: partitions2, topicId }) => {
    const topic2 = topicOf(topics, name, topicId, usesIds);
    const results = partitions2.map((asked) => {
      const { committedLeaderEpoch, committedMetadata, committedOffset, partitionIndex } = asked;
      const errorCode = refused === errorCodes.NONE ? offsetError(topic2, asked, usesIds) : refused;
      if (errorCode === errorCodes.NONE) {
        entries.push([groupId, topic2.name, partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata]);
      }
      return { partitionIndex, errorCode };
    });
    return { name, topicId, partitions: results };
  });
  try {
    groups.commit(entries);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    for (const { partitions: partitions2 } of answers) for (const each of partitions2) if (each.errorCode === errorCodes.NONE) each.errorCode = error.code;
  }
  return { topics: answers };
};
var unstable = { committedOffset: -1, committedLeaderEpoch: -1, metadata: "", errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT };
function committedOf({ groups, topics, transactions }, groupId, asked, usesIds, isStable) {
  const pending = isStable ? transactions.pendingOffsetsOf(groupId) : void 0;
  const all = () => [...groups.offsets.topicsOf(groupId)].map(([name, partitions2]) => ({
    name,
    topicId: topics.find(name)?.id ?? zeroUuid,
    partitionIndexes: [...partitions2.keys()]
  }));
  return (asked ?? all()).map(({ name, partitionIndexes, topicId }) => {
    const topicName = usesIds ? topics.findById(topicId)?.name : name;
    const partitions2 = partitionIndexes.map((partitionIndex) => {
      if (pending?.has(`${topicName} ${partitionIndex}`)) return { ...unstable, partitionIndex };
      const found = topicName === void 0 ? void 0 : groups.offsets.get(groupId, topicName, partitionIndex);
      return {
        partitionIndex,
        committedOffset: found?.offset ?? -1,
        committedLeaderEpoch: found?.leaderEpoch ?? -1,
        metadata: found ? found.metadata : "",
        errorCode: topicName === void 0 ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.NONE
      };
    });
    return { name: topicName ?? name, topicId, partitions: partitions2 };
  });
}
var offsetFetch2 = (state, { groupId, groups, requireStable, topics }, { version: version2 }) => {
  const usesIds = version2 >= idsFrom2;
  if (version2 >= 8) {
    return {
      groups: groups.map((asked2) => {
        const errorCode = state.groups.fetchError(asked2.groupId, asked2.memberId, asked2.memberEpoch);
        const topics2 = errorCode === errorCodes.NONE ? committedOf(state, asked2.groupId, asked2.topics, usesIds, requireStable) : [];
        return { groupId: asked2.groupId, topics: topics2, errorCode };
      })
    };
  }
  const asked = topics?.map((each) => ({ ...each, topicId: zeroUuid })) ?? null;
  return { topics: committedOf(state, groupId, asked, false, requireStable), errorCode: errorCodes.NONE };
};
var offsetDelete2 = ({ groups, topics: allTopics }, { groupId, topics }) => {
  const group = groups.find(groupId);
  if (!groups.has(groupId)) return { errorCode: errorCodes.GROUP_ID_NOT_FOUND, topics: [] };
  const reads = (name) => group?.type === "consumer" ? group.readsTopic(allTopics.find(name)?.id ?? "") : group?.readsTopic(name);
  if (group && topics.some(({ name }) => reads(name) === void 0)) return { errorCode: errorCodes.NON_EMPTY_GROUP, topics: [] };
  const entries = [];
  const answers = topics.map(({ name, partitions: partitions2 }) => {
    const isRead = reads(name);
    const results = partitions2.map(({ partitionIndex }) => {
      if (!allTopics.find(name)?.partitions[partitionIndex]) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
      if (isRead) return { partitionIndex, errorCode: errorCodes.GROUP_SUBSCRIBED_TO_TOPIC };
      if (groups.offsets.get(groupId, name, partitionIndex)) entries.push([groupId, name, partitionIndex, null, -1, null]);
      return { partitionIndex, errorCode: errorCodes.NONE };
    });
    return { name, partitions: results };
  });
  groups.commit(entries);
  return { errorCode: errorCodes.NONE, topics: answers };
};

// infra/broker/src/handlers/produce.ts
var idsFrom3 = 13;
var abortableFrom = 11;
var partitionImpliedFrom = 12;
function refusal(index, errorCode, errorMessage = null) {
  return { index, errorCode, baseOffset: -1, errorMessage };
}
function refusedBatch({ errorName: errorName2, message }, version2) {
  if (errorName2 === "PRODUCER_FENCED") return new KafkaError("INVALID_PRODUCER_EPOCH", message);
  const isRetriable2 = errorName2 === "CONCURRENT_TRANSACTIONS" || errorName2 === "COORDINATOR_NOT_AVAILABLE";
  return new KafkaError(isRetriable2 && version2 < partitionImpliedFrom ? "NOT_ENOUGH_REPLICAS" : errorName2, message);
}
function admit(transactions, id, header, place, version2) {
  try {
    if (version2 >= partitionImpliedFrom) transactions.add(id, header, { places: [place] });
    else if (!transactions.holds(id, header, place)) {
      throw new KafkaError(
        version2 >= abortableFrom ? "TRANSACTION_ABORTABLE" : "INVALID_TXN_STATE",
        `${place.join("-")} is in no transaction`
      );
    }
  } catch (error) {
    throw error instanceof KafkaError ? refusedBatch(error, version2) : error;
  }
}
function append(topic2, index, records2, clock, admit2) {
  const log = topic2.partitions[index];
  if (!log) return refusal(index, errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  if (!records2) return refusal(index, errorCodes.INVALID_RECORD, "no records");
  try {
    const appendTime = topic2.settings.hasLogAppendTime ? clock.now() : void 0;
    const baseOffset = log.append(records2, topic2.settings.batchBytesMax, appendTime, admit2);
    return { index, errorCode: errorCodes.NONE, baseOffset, logStartOffset: log.startOffset, logAppendTimeMs: appendTime ?? -1 };
  } catch (error) {
    if (error instanceof RecordsRefused) return { ...refusal(index, error.code, error.reason), recordErrors: error.recordErrors };
    if (error instanceof KafkaError) return refusal(index, error.code, error.reason);
    throw error;
  }
}
var produce2 = ({ clock, topics, transactions }, { acks, topicData, transactionalId }, { version: version2 }) => {
  const isAcksKnown = acks === 0 || acks === 1 || acks === -1;
  const usesIds = version2 >= idsFrom3;
  const responses = topicData.map(({ name, partitionData, topicId }) => {
    const topic2 = topicOf(topics, name, topicId, usesIds);
    const partitionResponses = partitionData.map(({ index, records: records2 }) => {
      if (!isAcksKnown) return refusal(index, errorCodes.INVALID_REQUIRED_ACKS);
      if (!topic2) return refusal(index, usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
      const isAdmitted = transactionalId === null ? void 0 : (header) => admit(transactions, transactionalId, header, [topic2.name, index], version2);
      return append(topic2, index, records2, clock, isAdmitted);
    });
    return { name, topicId, partitionResponses };
  });
  return acks === 0 ? void 0 : { responses };
};

// infra/broker/src/handlers/records.ts
var highWatermark = -1;
function deleteBefore({ topics }, name, partitionIndex, offset) {
  const topic2 = topics.find(name);
  const log = topic2?.partitions[partitionIndex];
  if (!topic2 || !log) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `there is no partition ${name}-${partitionIndex}`);
  const { isCompacted, isDeleted } = topic2.settings;
  if (isCompacted && !isDeleted) {
    throw new KafkaError(
      "POLICY_VIOLATION",
      `Records of partition ${name}-${partitionIndex} can not be deleted due to the configured policy`
    );
  }
  const start = offset === highWatermark ? log.endOffset : offset;
  if (start < 0 || start > log.endOffset) {
    throw new KafkaError("OFFSET_OUT_OF_RANGE", `the log of ${name}-${partitionIndex} ends at ${log.endOffset}`);
  }
  log.deleteBefore(start);
  return log.startOffset;
}
var deleteRecords2 = (state, { topics }) => ({
  topics: topics.map(({ name, partitions: partitions2 }) => ({
    name,
    partitions: partitions2.map(({ offset, partitionIndex }) => {
      try {
        const lowWatermark = deleteBefore(state, name, partitionIndex, offset);
        return { partitionIndex, lowWatermark, errorCode: errorCodes.NONE };
      } catch (error) {
        if (error instanceof KafkaError) return { partitionIndex, lowWatermark: -1, errorCode: error.code };
        throw error;
      }
    })
  }))
});

// infra/broker/src/handlers/sasl.ts
var saslHandshake2 = () => ({ errorCode: errorCodes.ILLEGAL_SASL_STATE, mechanisms: [] });
var saslAuthenticate2 = () => ({
  errorCode: errorCodes.ILLEGAL_SASL_STATE,
  errorMessage: "SaslAuthenticate request received after successful authentication",
  authBytes: Buffer.alloc(0)
});

// infra/broker/src/handlers/topic-partitions.ts
var pagePartitionsMax = 2e3;
function partitionsOf(topic2, from, count) {
  return topic2.partitions.slice(from, from + count).map((_, index) => ({
    errorCode: errorCodes.NONE,
    partitionIndex: from + index,
    leaderId: nodeId,
    leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
    eligibleLeaderReplicas: [],
    lastKnownElr: []
  }));
}
function unknownCode(name) {
  try {
    checkTopicName(name);
    return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
}
function page(topics, names2, cursor2, limit) {
  const described = [];
  let left = limit;
  for (const name of names2) {
    if (left === 0) return { topics: described, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic2 = topics.find(name);
    if (!topic2) {
      described.push({ errorCode: unknownCode(name), name, partitions: [] });
      continue;
    }
    const from = cursor2?.topicName === name ? cursor2.partitionIndex : 0;
    const partitions2 = partitionsOf(topic2, from, left);
    left -= partitions2.length;
    described.push({ errorCode: errorCodes.NONE, name, topicId: topic2.id, partitions: partitions2 });
    const next = from + partitions2.length;
    if (next < topic2.partitions.length) return { topics: described, nextCursor: { topicName: name, partitionIndex: next } };
  }
  return { topics: described, nextCursor: null };
}
var describeTopicPartitions2 = (state, { cursor: cursor2, responsePartitionLimit, topics }) => {
  const isAll = topics.length === 0;
  const asked = isAll ? state.topics.all().map(({ name }) => name) : [...new Set(topics.map(({ name }) => name))];
  const names2 = asked.filter((name) => cursor2 === null || name >= cursor2.topicName).sort();
  if (cursor2 && (cursor2.partitionIndex < 0 || !isAll && !names2.includes(cursor2.topicName))) {
    return { topics: topics.map(({ name }) => ({ errorCode: errorCodes.INVALID_REQUEST, name, partitions: [] })) };
  }
  return page(state.topics, names2, cursor2, Math.max(1, Math.min(responsePartitionLimit, pagePartitionsMax)));
};

// infra/broker/src/handlers/topics.ts
var replicationFactor = 1;
function attempt(act) {
  try {
    act();
    return { errorCode: errorCodes.NONE, errorMessage: null };
  } catch (error) {
    if (error instanceof KafkaError) return { errorCode: error.code, errorMessage: error.reason };
    throw error;
  }
}
function partitionsOf2(asked, defaultPartitions) {
  if (asked.assignments.length > 0) {
    const isOurs = asked.assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId);
    if (!isOurs) throw new KafkaError("INVALID_REPLICA_ASSIGNMENT", `the only broker here is ${nodeId}`);
    return asked.assignments.length;
  }
  if (asked.replicationFactor > replicationFactor || asked.replicationFactor === 0) {
    throw new KafkaError(
      "INVALID_REPLICATION_FACTOR",
      `Unable to replicate the partition ${asked.replicationFactor} time(s): there is one broker.`
    );
  }
  return asked.numPartitions === -1 ? defaultPartitions : asked.numPartitions;
}
var createTopics2 = (state, { topics, validateOnly }) => {
  const names2 = topics.map(({ name }) => name);
  return {
    topics: topics.map((asked) => {
      const { name } = asked;
      let topic2;
      let partitions2 = -1;
      const configs = Object.fromEntries(asked.configs.map((each) => [each.name, each.value ?? ""]));
      const nulls = asked.configs.flatMap((each) => each.value === null ? [each.name] : []);
      const outcome = attempt(() => {
        if (nulls.length > 0) throw new KafkaError("INVALID_CONFIG", `Null value not supported for topic configs: ${nulls.join(",")}`);
        if (names2.indexOf(name) !== names2.lastIndexOf(name)) throw new KafkaError("INVALID_REQUEST", `topic ${name} is asked for twice`);
        partitions2 = partitionsOf2(asked, state.defaultPartitions);
        if (validateOnly) state.topics.checkNew(name, partitions2, configs);
        else topic2 = state.topics.create(name, partitions2, configs);
      });
      if (outcome.errorCode !== errorCodes.NONE) return { name, ...outcome };
      const described = Object.keys(topicConfigs).map((each) => ({
        readOnly: false,
        isSensitive: false,
        ...describeConfig(state, each, configs)
      }));
      return { name, topicId: topic2?.id ?? zeroUuid, ...outcome, numPartitions: partitions2, replicationFactor, configs: described };
    })
  };
};
var createPartitions2 = (state, { topics, validateOnly }) => ({
  results: topics.map(({ count, name }) => ({
    name,
    ...attempt(() => {
      const topic2 = state.topics.find(name);
      if (!topic2) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `there is no topic ${name}`);
      if (validateOnly) state.topics.checkGrowth(topic2, count);
      else state.topics.grow(topic2, count);
    })
  }))
});
function remove(state, topic2) {
  state.topics.delete(topic2);
  state.groups.offsets.deleteTopic(topic2.name);
  state.transactions.forgetTopic(topic2.name);
}
var deleteTopics2 = (state, { topicNames: topicNames2, topics }) => {
  const asked = [...topics, ...topicNames2.map((name) => ({ name, topicId: zeroUuid }))];
  return {
    responses: asked.map(({ name, topicId }) => {
      const topic2 = name === null ? state.topics.findById(topicId) : state.topics.find(name);
      if (!topic2) {
        const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
        return { name, topicId, errorCode, errorMessage: "This server does not host this topic." };
      }
      return { name: topic2.name, topicId: topic2.id, ...attempt(() => remove(state, topic2)) };
    })
  };
};

// infra/broker/src/transactions/transaction.ts
var transactionStates = ["Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort"];
var producerEpochMax = 32766;
var none = { previousProducerId: -1, nextProducerId: -1, startedAt: -1, places: [], groups: [], offsets: [] };
function isOpen({ state }) {
  return state === "Ongoing";
}
function isPrepared({ state }) {
  return state === "PrepareCommit" || state === "PrepareAbort";
}
function fenced({ id, producerEpoch }, asked) {
  return new KafkaError("PRODUCER_FENCED", `the epoch of ${id} is ${producerEpoch}, not ${asked}`);
}
function wrongState({ id, state }, what) {
  return new KafkaError("INVALID_TXN_STATE", `${id} is in state ${state}: ${what}`);
}
function concurrent({ id }) {
  return new KafkaError("CONCURRENT_TRANSACTIONS", `the last transaction of ${id} is still being ended`);
}
function newTransaction(id, producerId, timeoutMs, now) {
  const unused = { producerEpoch: 0, previousEpoch: -1, hasEpochPerTransaction: false };
  return { ...none, ...unused, id, state: "Empty", producerId, timeoutMs, changedAt: now };
}
function checkInit(transaction, expected) {
  const { previousEpoch, previousProducerId, producerEpoch, producerId } = transaction;
  const isPrevious = expected.producerId === previousProducerId && expected.producerEpoch >= producerEpochMax;
  const isPresent = expected.producerId === producerId && (expected.producerEpoch === producerEpoch || expected.producerEpoch === previousEpoch);
  if (!isPrevious && !isPresent) throw fenced(transaction, expected.producerEpoch);
}
function init(transaction, timeoutMs, expected, newProducerId, now) {
  if (isPrepared(transaction)) throw concurrent(transaction);
  const { producerEpoch, producerId } = transaction;
  const next = { ...transaction, ...none, state: "Empty", timeoutMs, changedAt: now };
  const isRepeated = expected && (expected.producerId !== producerId || expected.producerEpoch !== producerEpoch);
  if (isRepeated) return { ...next, previousProducerId: transaction.previousProducerId };
  const previousEpoch = expected ? producerEpoch : -1;
  if (producerEpoch < producerEpochMax) return { ...next, producerEpoch: producerEpoch + 1, previousEpoch };
  return { ...next, producerId: newProducerId(), producerEpoch: 0, previousProducerId: expected ? producerId : -1, previousEpoch };
}
function checkIdentity(transaction, { producerEpoch, producerId }) {
  if (transaction.producerId !== producerId) {
    throw new KafkaError(
      "INVALID_PRODUCER_ID_MAPPING",
      `the producer id of ${transaction.id} is ${transaction.producerId}, not ${producerId}`
    );
  }
  if (transaction.producerEpoch !== producerEpoch) throw fenced(transaction, producerEpoch);
}
function checkProducer(transaction, producer) {
  checkIdentity(transaction, producer);
  if (isPrepared(transaction)) throw concurrent(transaction);
}
function holds({ places, state }, [topic2, partition]) {
  return state === "Ongoing" && places.some((each) => each[0] === topic2 && each[1] === partition);
}
function add(transaction, { group, offsets = [], places = [] }, now) {
  const begun = isOpen(transaction) ? transaction : { ...transaction, ...none, state: "Ongoing", startedAt: now };
  const newPlaces = places.filter((place) => !holds(begun, place));
  const newGroups = group === void 0 || begun.groups.includes(group) ? [] : [group];
  if (begun === transaction && newPlaces.length + newGroups.length + offsets.length === 0) return transaction;
  return {
    ...begun,
    changedAt: now,
    places: [...begun.places, ...newPlaces],
    groups: [...begun.groups, ...newGroups],
    offsets: offsets.length === 0 ? begun.offsets : mergeOffsets([...begun.offsets, ...offsets])
  };
}
function mergeOffsets(offsets) {
  return [...new Map(offsets.map((entry) => [JSON.stringify(entry.slice(0, 3)), entry])).values()];
}
function isRepetition(transaction, { producerEpoch, producerId }) {
  if (!transaction.hasEpochPerTransaction || transaction.state === "Ongoing" || transaction.state === "Empty") return false;
  const isEpochBefore = transaction.producerId === producerId && transaction.producerEpoch === producerEpoch + 1;
  return isEpochBefore || transaction.previousProducerId === producerId && producerEpoch >= producerEpochMax && transaction.producerEpoch === 0;
}
function end(transaction, producer, isCommit2, hasEpochPerTransaction, newProducerId, now) {
  const isRepeated = hasEpochPerTransaction && isRepetition(transaction, producer);
  if (!isRepeated) checkIdentity(transaction, producer);
  const { state } = transaction;
  if (isPrepared(transaction)) {
    throw state === (isCommit2 ? "PrepareCommit" : "PrepareAbort") ? concurrent(transaction) : wrongState(transaction, "its outcome is decided");
  }
  if (!isOpen(transaction)) {
    const isSame2 = state === (isCommit2 ? "CompleteCommit" : "CompleteAbort");
    if (isSame2 && (isRepeated || !hasEpochPerTransaction)) return transaction;
    if (isCommit2 || isRepeated || !hasEpochPerTransaction) throw wrongState(transaction, "there is nothing to end");
  }
  return prepare(transaction, isCommit2, hasEpochPerTransaction, newProducerId, now);
}
function prepare(transaction, isCommit2, hasEpochPerTransaction, newProducerId, now) {
  const { producerEpoch } = transaction;
  const begun = isOpen(transaction) ? transaction : { ...transaction, ...none, startedAt: now };
  const prepared = { ...begun, state: isCommit2 ? "PrepareCommit" : "PrepareAbort", hasEpochPerTransaction, changedAt: now };
  if (!hasEpochPerTransaction) return prepared;
  const nextProducerId = producerEpoch >= producerEpochMax ? newProducerId() : -1;
  return { ...prepared, producerEpoch: producerEpoch + 1, previousEpoch: producerEpoch, nextProducerId };
}
function fence(transaction, now) {
  const producerEpoch = transaction.producerEpoch + 1;
  return { ...transaction, state: "PrepareAbort", producerEpoch, previousEpoch: -1, hasEpochPerTransaction: false, changedAt: now };
}
function complete(transaction, now) {
  const { nextProducerId, producerId, startedAt, state } = transaction;
  const next = {
    ...transaction,
    ...none,
    state: state === "PrepareCommit" ? "CompleteCommit" : "CompleteAbort",
    previousProducerId: transaction.previousProducerId,
    startedAt,
    changedAt: now
  };
  return nextProducerId < 0 ? next : { ...next, producerId: nextProducerId, producerEpoch: 0, previousProducerId: producerId };
}

// infra/broker/src/handlers/transaction-lists.ts
var describeProducers2 = (state, { topics }) => ({
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const log = state.topics.find(name)?.partitions[partitionIndex];
      if (!log) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, activeProducers: [] };
      const activeProducers = log.producerStates().map(([producerId, { batches, coordinatorEpoch: coordinatorEpoch2, epoch, lastTimestamp, openFrom = -1 }]) => ({
        producerId,
        producerEpoch: epoch,
        lastSequence: batches.at(-1)?.lastSequence ?? -1,
        lastTimestamp,
        coordinatorEpoch: coordinatorEpoch2,
        currentTxnStartOffset: openFrom
      }));
      return { partitionIndex, errorCode: errorCodes.NONE, activeProducers };
    })
  }))
});
function byTopic(places) {
  const found = /* @__PURE__ */ new Map();
  for (const [topic2, partition] of places) found.set(topic2, [...found.get(topic2) ?? [], partition]);
  return [...found].map(([topic2, partitions2]) => ({ topic: topic2, partitions: partitions2 }));
}
var describeTransactions2 = ({ transactions }, { transactionalIds }) => ({
  transactionStates: transactionalIds.map((transactionalId) => {
    const found = transactions.find(transactionalId);
    if (!found) {
      const isEmpty = transactionalId === "";
      return { transactionalId, errorCode: isEmpty ? errorCodes.INVALID_REQUEST : errorCodes.TRANSACTIONAL_ID_NOT_FOUND };
    }
    return {
      errorCode: errorCodes.NONE,
      transactionalId,
      transactionState: found.state,
      transactionTimeoutMs: found.timeoutMs,
      transactionStartTimeMs: found.startedAt,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      topics: byTopic(found.places)
    };
  })
});
function patternOf(text) {
  try {
    return new RegExp(`^(?:${text || ".*"})$`, "s");
  } catch {
    return void 0;
  }
}
var listTransactions2 = ({ clock, transactions }, request) => {
  const { durationFilter, producerIdFilters, stateFilters, transactionalIdPattern } = request;
  const pattern = patternOf(transactionalIdPattern);
  if (!pattern) return { errorCode: errorCodes.INVALID_REGULAR_EXPRESSION, transactionStates: [] };
  const isState = (name) => transactionStates.includes(name);
  const known = stateFilters.filter(isState);
  const listed = transactions.all().filter(({ id, producerId, startedAt, state }) => {
    if (stateFilters.length > 0 && !known.includes(state)) return false;
    if (producerIdFilters.length > 0 && !producerIdFilters.includes(producerId)) return false;
    const isLongEnough = durationFilter < 0 || clock.now() - startedAt > durationFilter;
    return isLongEnough && pattern.test(id);
  });
  return {
    errorCode: errorCodes.NONE,
    unknownStateFilters: stateFilters.filter((name) => !isState(name)),
    transactionStates: listed.map(({ id, producerId, state }) => ({ transactionalId: id, producerId, transactionState: state }))
  };
};
function markerError(log, marker) {
  if (!log) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  try {
    log.end(marker);
    return errorCodes.NONE;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
}
var writeTxnMarkers2 = ({ clock, topics }, { markers }) => ({
  markers: markers.map((asked) => {
    const { coordinatorEpoch: coordinatorEpoch2, producerEpoch, producerId, transactionResult } = asked;
    const marker = { producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch2, isCommit: transactionResult, timestamp: clock.now() };
    return {
      producerId,
      topics: asked.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: markerError(topics.find(name)?.partitions[partitionIndex], marker)
        }))
      }))
    };
  })
});

// infra/broker/src/handlers/transactions.ts
var fencedFrom = { initProducerId: 4, transaction: 2 };
var epochPerTransactionFrom = 5;
var batchedFrom = 4;
var groupImpliedFrom = 5;
var abortableFrom2 = 4;
var nobody = { producerId: -1, producerEpoch: -1 };
function codeOf(knowsFenced, act) {
  try {
    act();
    return errorCodes.NONE;
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return error.errorName === "PRODUCER_FENCED" && !knowsFenced ? errorCodes.INVALID_PRODUCER_EPOCH : error.code;
  }
}
var initProducerId2 = ({ producerIds, transactions }, request, { version: version2 }) => {
  const { producerEpoch, producerId, transactionalId, transactionTimeoutMs } = request;
  if (transactionalId === null) return { errorCode: errorCodes.NONE, producerId: producerIds.take(), producerEpoch: 0 };
  const expected = producerId < 0 ? void 0 : { producerId, producerEpoch };
  let producer = nobody;
  const errorCode = codeOf(version2 >= fencedFrom.initProducerId, () => {
    producer = transactions.init(transactionalId, transactionTimeoutMs, expected);
  });
  return { errorCode, producerId: producer.producerId, producerEpoch: producer.producerEpoch };
};
function addPlaces({ topics, transactions }, asked, knowsFenced) {
  const places = asked.topics.flatMap(({ name, partitions: partitions2 }) => partitions2.map((partition) => [name, partition]));
  const exists = ([name, partition]) => topics.find(name)?.partitions[partition] !== void 0;
  const areKnown = places.every(exists);
  const codes = /* @__PURE__ */ new Map();
  if (asked.verifyOnly) {
    for (const place of places) {
      const verify = () => {
        if (!transactions.holds(asked.transactionalId, asked, place))
          throw new KafkaError("TRANSACTION_ABORTABLE", "not in the transaction");
      };
      codes.set(place, codeOf(knowsFenced, verify));
    }
  } else if (areKnown) {
    const errorCode = codeOf(knowsFenced, () => transactions.add(asked.transactionalId, asked, { places }));
    for (const place of places) codes.set(place, errorCode);
  } else {
    for (const place of places) codes.set(place, exists(place) ? errorCodes.OPERATION_NOT_ATTEMPTED : errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  }
  const results = places.map((place) => ({ partitionIndex: place[1], partitionErrorCode: codes.get(place) }));
  return asked.topics.map(({ name, partitions: partitions2 }) => ({ name, resultsByPartition: results.splice(0, partitions2.length) }));
}
var addPartitionsToTxn2 = (state, request, { version: version2 }) => {
  if (version2 < batchedFrom) {
    return { resultsByTopic: addPlaces(state, { ...request, verifyOnly: false }, version2 >= fencedFrom.transaction) };
  }
  return {
    resultsByTransaction: request.transactions.map((asked) => ({
      transactionalId: asked.transactionalId,
      topicResults: addPlaces(state, asked, true)
    }))
  };
};
var addOffsetsToTxn2 = ({ transactions }, request, { version: version2 }) => {
  const { groupId, transactionalId } = request;
  if (groupId === "") return { errorCode: errorCodes.INVALID_GROUP_ID };
  return { errorCode: codeOf(version2 >= fencedFrom.transaction, () => transactions.add(transactionalId, request, { group: groupId })) };
};
var endTxn2 = ({ transactions }, request, { version: version2 }) => {
  const { committed: committed2, transactionalId } = request;
  let producer = nobody;
  const errorCode = codeOf(version2 >= fencedFrom.transaction, () => {
    producer = transactions.end(transactionalId, request, committed2, version2 >= epochPerTransactionFrom);
  });
  return { errorCode, producerId: producer.producerId, producerEpoch: producer.producerEpoch };
};
var txnOffsetCommit2 = ({ groups, topics, transactions }, request, { version: version2 }) => {
  const { generationId, groupId, groupInstanceId, memberId, transactionalId } = request;
  const refused = codeOf(false, () => {
    if (version2 >= groupImpliedFrom) transactions.add(transactionalId, request, { group: groupId });
    else if (!transactions.holdsGroup(transactionalId, request, groupId)) {
      throw new KafkaError(version2 >= abortableFrom2 ? "TRANSACTION_ABORTABLE" : "INVALID_TXN_STATE", `${groupId} is not in the transaction`);
    }
    const code = groups.commitError(groupId, { memberId, groupInstanceId, generationId, version: version2, isTransactional: true });
    if (code !== errorCodes.NONE) throw new KafkaError(errorName(code), "refused by the group");
  });
  const offsets = [];
  const answers = request.topics.map(({ name, partitions: partitions2 }) => ({
    name,
    partitions: partitions2.map((asked) => {
      const { committedLeaderEpoch, committedMetadata, committedOffset, partitionIndex } = asked;
      const errorCode = refused === errorCodes.NONE ? offsetError(topics.find(name), asked, false) : refused;
      if (errorCode === errorCodes.NONE) {
        offsets.push([groupId, name, partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata]);
      }
      return { partitionIndex, errorCode };
    })
  }));
  const kept = offsets.length === 0 ? errorCodes.NONE : codeOf(false, () => transactions.add(transactionalId, request, { offsets }));
  if (kept !== errorCodes.NONE) {
    for (const { partitions: partitions2 } of answers) for (const each of partitions2) if (each.errorCode === errorCodes.NONE) each.errorCode = kept;
  }
  return { topics: answers };
};

// infra/broker/src/handlers/index.ts
var handlers = {
  produce: produce2,
  fetch: fetch2,
  listOffsets: listOffsets2,
  metadata: metadata2,
  offsetCommit: offsetCommit2,
  offsetFetch: offsetFetch2,
  findCoordinator: findCoordinator2,
  joinGroup: joinGroup2,
  heartbeat: heartbeat2,
  leaveGroup: leaveGroup2,
  syncGroup: syncGroup2,
  describeGroups: describeGroups2,
  listGroups: listGroups2,
  saslHandshake: saslHandshake2,
  apiVersions: apiVersions2,
  createTopics: createTopics2,
  deleteTopics: deleteTopics2,
  deleteRecords: deleteRecords2,
  initProducerId: initProducerId2,
  offsetForLeaderEpoch: offsetForLeaderEpoch2,
  addPartitionsToTxn: addPartitionsToTxn2,
  addOffsetsToTxn: addOffsetsToTxn2,
  endTxn: endTxn2,
  writeTxnMarkers: writeTxnMarkers2,
  txnOffsetCommit: txnOffsetCommit2,
  describeConfigs: describeConfigs2,
  alterConfigs: alterConfigs2,
  describeLogDirs: describeLogDirs2,
  saslAuthenticate: saslAuthenticate2,
  createPartitions: createPartitions2,
  deleteGroups: deleteGroups2,
  incrementalAlterConfigs: incrementalAlterConfigs2,
  offsetDelete: offsetDelete2,
  describeCluster: describeCluster2,
  describeProducers: describeProducers2,
  describeTransactions: describeTransactions2,
  listTransactions: listTransactions2,
  consumerGroupHeartbeat: consumerGroupHeartbeat2,
  consumerGroupDescribe: consumerGroupDescribe2,
  listConfigResources: listConfigResources2,
  describeTopicPartitions: describeTopicPartitions2
};

// infra/broker/src/security/exchange.ts
import { randomBytes as randomBytes2 } from "node:crypto";

// infra/broker/src/security/scram-keys.ts
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
function hmac(hash, key, text) {
  return createHmac(hash, key).update(text).digest();
}
function keysOf2(hash, saltedPassword) {
  const clientKey = hmac(hash, saltedPassword, "Client Key");
  return { storedKey: createHash(hash).update(clientKey).digest(), serverKey: hmac(hash, saltedPassword, "Server Key") };
}
function isProven(hash, { storedKey }, authMessage, proof) {
  const signature = hmac(hash, storedKey, authMessage);
  if (proof.length !== signature.length) return false;
  const clientKey = proof.map((byte, index) => byte ^ signature[index]);
  return timingSafeEqual(createHash(hash).update(clientKey).digest(), storedKey);
}
function serverSignature(hash, { serverKey }, authMessage) {
  return hmac(hash, serverKey, authMessage);
}

// infra/broker/src/security/users.ts
import { createHash as createHash2, pbkdf2, randomBytes, timingSafeEqual as timingSafeEqual2 } from "node:crypto";
import { promisify as promisify2 } from "node:util";
var pbkdf2Async = promisify2(pbkdf2);
var mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
var scramHashes = { "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512" };
var iterations = 4096;
var saltBytes = 16;
function refuse(message) {
  throw new BrokerStartError("SASL_UNUSABLE", message);
}
function checked({ mechanisms: offered = mechanisms, users }) {
  const unknown2 = offered.find((each) => !mechanisms.includes(each));
  if (unknown2 !== void 0) refuse(`The SASL mechanism ${unknown2} is not spoken here. Use some of ${mechanisms.join(", ")}.`);
  if (offered.length === 0) refuse(`No SASL mechanism is offered. Name some of ${mechanisms.join(", ")}, or leave them out for all.`);
  if (Object.keys(users).length === 0) refuse("There is no SASL user, so that nobody could connect. Name one at least.");
  for (const [name, password] of Object.entries(users)) {
    if (name === "" || name.includes("\0")) refuse("A SASL user has no usable name. Give each a name without NUL.");
    if (typeof password !== "string" || password === "") refuse(`The SASL user ${name} has no password. Give each one.`);
  }
  return offered;
}
var Users = class _Users {
  constructor(mechanisms2) {
    this.mechanisms = mechanisms2;
  }
  mechanisms;
  // with a key of this process alone, so that what is kept and compared says nothing about a password
  pepper = randomBytes(32);
  plain = /* @__PURE__ */ new Map();
  scram = /* @__PURE__ */ new Map();
  /**
   * Prepares what the mechanisms compare with.
   * @throws BrokerStartError SASL_UNUSABLE that names the user or mechanism which cannot be used
   */
  static async of(options) {
    const users = new _Users(checked(options));
    const preparing = [];
    for (const [name, password] of Object.entries(options.users)) {
      users.plain.set(name, users.digest(password));
      for (const mechanism of users.mechanisms) {
        const hash = scramHashes[mechanism];
        if (hash) preparing.push(users.prepare(mechanism, hash, name, password));
      }
    }
    await Promise.all(preparing);
    return users;
  }
  async prepare(mechanism, hash, name, password) {
    const salt = randomBytes(saltBytes);
    const length = createHash2(hash).digest().length;
    const salted = await pbkdf2Async(password, salt, iterations, length, hash);
    this.scram.set(`${mechanism} ${name}`, { ...keysOf2(hash, salted), salt, iterations });
  }
  digest(password) {
    return createHash2("sha256").update(this.pepper).update(password).digest();
  }
  /** Whether this is the user's password; takes the same time for a user who is not there. */
  hasPassword(name, password) {
    const known = this.plain.get(name);
    const isEqual = timingSafeEqual2(known ?? this.pepper, this.digest(password));
    return known !== void 0 && isEqual;
  }
  scramKeys(mechanism, name) {
    return this.scram.get(`${mechanism} ${name}`);
  }
};

// infra/broker/src/security/exchange.ts
var AuthenticationError = class extends Error {
  name = "AuthenticationError";
};
var PlainExchange = class {
  constructor(users) {
    this.users = users;
  }
  users;
  user;
  answer(message) {
    const parts = message.toString("utf8").split("\0");
    const [authorizationId, name, password] = parts;
    if (parts.length !== 3 || name === "" || password === "")
      throw new AuthenticationError("Invalid SASL/PLAIN response: expected a user name and a password");
    if (authorizationId !== "" && authorizationId !== name)
      throw new AuthenticationError("Authentication failed: Client requested an authorization id that is different from username");
    if (!this.users.hasPassword(name, password)) throw new AuthenticationError("Authentication failed: Invalid username or password");
    this.user = name;
    return Buffer.alloc(0);
  }
};
var nonceBytes = 18;
var ScramExchange = class {
  constructor(users, mechanism, hash) {
    this.users = users;
    this.mechanism = mechanism;
    this.hash = hash;
  }
  users;
  mechanism;
  hash;
  user;
  first;
  answer(message) {
    const text = message.toString("utf8");
    return Buffer.from(this.first ? this.answerFinal(text, this.first) : this.answerFirst(text));
  }
  answerFirst(text) {
    const [, header, authorizationId, bare, escapedName, clientNonce] = /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(text) ?? [];
    if (!header || !bare || !escapedName || !clientNonce) throw new AuthenticationError(`Invalid ${this.mechanism} client first message`);
    const name = escapedName.replaceAll("=2C", ",").replaceAll("=3D", "=");
    if (authorizationId && authorizationId !== escapedName)
      throw new AuthenticationError("Authentication failed: Client requested an authorization id that is different from username");
    const keys = this.users.scramKeys(this.mechanism, name);
    if (!keys) throw this.invalidCredentials();
    const nonce = clientNonce + randomBytes2(nonceBytes).toString("base64url");
    const answer2 = `r=${nonce},s=${keys.salt.toString("base64")},i=${keys.iterations}`;
    this.first = { name, keys, header, nonces: [nonce, clientNonce + nonce], messages: `${bare},${answer2}` };
    return answer2;
  }
  answerFinal(text, { header, keys, messages, name, nonces }) {
    const [, withoutProof, channel, echoed, proof] = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/.exec(text) ?? [];
    const isOurs = channel === Buffer.from(header).toString("base64") && nonces.includes(echoed ?? "");
    if (!withoutProof || !proof || !isOurs) throw new AuthenticationError(`Invalid ${this.mechanism} client final message`);
    const authMessage = `${messages},${withoutProof}`;
    if (!isProven(this.hash, keys, authMessage, Buffer.from(proof, "base64"))) throw this.invalidCredentials();
    this.user = name;
    return `v=${serverSignature(this.hash, keys, authMessage).toString("base64")}`;
  }
  invalidCredentials() {
    return new AuthenticationError(
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${this.mechanism}`
    );
  }
};
function beginExchange(users, mechanism) {
  const hash = scramHashes[mechanism];
  return hash ? new ScramExchange(users, mechanism, hash) : new PlainExchange(users);
}

// infra/broker/src/security/authentication.ts
var tokenBytesMax = 524288;
var Authentication = class {
  constructor(users) {
    this.users = users;
  }
  users;
  state = "handshake";
  exchange;
  get isDone() {
    return this.state === "done";
  }
  /** Whether the next frame is a mechanism's message without Kafka's header. */
  get isRaw() {
    return this.state === "raw exchange";
  }
  get user() {
    return this.exchange?.user;
  }
  handshake(mechanism, version2) {
    if (this.state !== "handshake") throw new AuthenticationError("SaslHandshake while another exchange is under way");
    const { mechanisms: mechanisms2 } = this.users;
    const isOffered = mechanisms2.includes(mechanism);
    if (!isOffered) return { response: { errorCode: errorCodes.UNSUPPORTED_SASL_MECHANISM, mechanisms: mechanisms2 }, isLast: true };
    this.exchange = beginExchange(this.users, mechanism);
    this.state = version2 === 0 ? "raw exchange" : "exchange";
    return { response: { errorCode: errorCodes.NONE, mechanisms: mechanisms2 }, isLast: false };
  }
  authenticate(message) {
    if (this.state !== "exchange") throw new AuthenticationError("SaslAuthenticate before SaslHandshake");
    try {
      return { response: { errorCode: errorCodes.NONE, authBytes: this.proceed(message) }, isLast: false };
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      const errorCode = errorCodes.SASL_AUTHENTICATION_FAILED;
      return { response: { errorCode, errorMessage: error.message, authBytes: Buffer.alloc(0) }, isLast: true };
    }
  }
  /** The answer to a message that came without a header. Throws AuthenticationError. */
  proceed(message) {
    const answer2 = this.exchange.answer(message);
    if (this.exchange.user !== void 0) this.state = "done";
    return answer2;
  }
};

// infra/broker/src/connection.ts
var Connection = class {
  constructor(options) {
    this.options = options;
    const { socket, state, users } = options;
    this.authentication = users && new Authentication(users);
    this.splitter = new FrameSplitter(users ? tokenBytesMax : state.limits.frameBytesMax);
    this.clientHost = socket.remoteAddress ?? "";
    this.peer = `${this.clientHost}:${socket.remotePort}`;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", () => {
    });
    socket.on("close", () => this.gone.abort());
  }
  options;
  splitter;
  waiting = [];
  gone = new AbortController();
  peer;
  clientHost;
  isServing = false;
  authentication;
  /** Ends the connection at once; a fetch that waits is released. */
  close() {
    this.gone.abort();
    this.options.socket.destroy();
  }
  receive(chunk) {
    try {
      this.waiting.push(...this.splitter.push(chunk));
    } catch (error) {
      this.refuse(error);
      return;
    }
    if (this.waiting.length >= this.options.state.limits.requestsInFlightMax) this.options.socket.pause();
    if (!this.isServing) void this.serve();
  }
  refuse(error) {
    if (!this.gone.signal.aborted)
      this.options.onWarning(`closed the connection of ${this.peer}: ${error instanceof Error ? error.message : error}`);
    this.close();
  }
  async serve() {
    const { socket } = this.options;
    this.isServing = true;
    try {
      for (let frame = this.waiting.shift(); frame && !this.gone.signal.aborted; frame = this.waiting.shift()) {
        await this.answer(frame);
        if (this.waiting.length === 0 && socket.isPaused()) socket.resume();
      }
    } catch (error) {
      this.refuse(error);
    } finally {
      this.isServing = false;
    }
  }
  async answer(frame) {
    const { authentication } = this;
    if (authentication?.isRaw) return this.answerRaw(authentication, frame);
    const header = decodeRequestHeader(frame);
    const { correlationId } = header;
    if (!header.isSupported && header.apiName === "apiVersions") {
      await this.write(
        encodeResponseParts("apiVersions", 0, correlationId, { errorCode: errorCodes.UNSUPPORTED_VERSION, apiKeys: advertised() })
      );
      return;
    }
    if (authentication && !authentication.isDone && header.apiName !== "apiVersions") return this.authenticate(authentication, frame);
    const { state } = this.options;
    const { body, name } = decodeRequest(frame, state.limits.requestElementsMax);
    await this.respond(header, name, body, (request, caller) => handlers[name](state, request, caller));
  }
  /** Writes what `handle` answers, unless a fault changes it. */
  async respond({ clientId, correlationId, version: version2 }, name, body, handle) {
    let after;
    const caller = {
      version: version2,
      clientId: clientId ?? "",
      clientHost: this.clientHost,
      signal: this.gone.signal,
      afterAnswer: (task) => {
        after = task;
      }
    };
    try {
      const { faults } = this.options.state;
      const answered = faults.isActive ? faults.answer(name, body, caller, (request) => handle(request, caller)) : handle(body, caller);
      const response = answered instanceof Promise ? await answered : answered;
      if (response) await this.write(encodeResponseParts(name, version2, correlationId, response));
    } finally {
      after?.();
    }
  }
  async answerRaw(authentication, message) {
    const answer2 = authentication.proceed(message);
    const size = Buffer.alloc(4);
    size.writeInt32BE(answer2.length);
    await this.write([size, answer2]);
    this.admit(authentication);
  }
  /** Answers what leads to an authenticated connection. Throws, which closes this one, at any other request. */
  async authenticate(authentication, frame) {
    const { body, header, name } = decodeRequest(frame);
    let step = void 0;
    await this.respond(header, name, body, (request) => {
      if (name === "saslHandshake") {
        step = authentication.handshake(request.mechanism, header.version);
      } else if (name === "saslAuthenticate") {
        step = authentication.authenticate(request.authBytes);
      } else {
        throw new Error(`${name} before it has authenticated`);
      }
      return step.response;
    });
    if (!step || step.isLast) this.dismiss(`it did not authenticate (${name})`);
    else this.admit(authentication);
  }
  admit({ isDone }) {
    if (isDone) this.splitter.frameBytesMax = this.options.state.limits.frameBytesMax;
  }
  /** Ends the connection once the client has been told why. */
  dismiss(reason) {
    this.options.onWarning(`closed the connection of ${this.peer}: ${reason}`);
    this.gone.abort();
    this.options.socket.destroySoon();
  }
  /** Hands one response to the socket; waits when the client reads slower than it asks. */
  async write(parts) {
    const { socket } = this.options;
    if (socket.destroyed) return;
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    if (!socket.writableNeedDrain) return;
    await new Promise((resolve3) => {
      const done = () => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve3();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }
};

// infra/broker/src/connections.ts
var Connections = class {
  constructor(state, users, onWarning) {
    this.state = state;
    this.users = users;
    this.onWarning = onWarning;
  }
  state;
  users;
  onWarning;
  open = /* @__PURE__ */ new Set();
  perAddress = /* @__PURE__ */ new Map();
  /** Serves a client until it is gone, or closes its connection at once when there are as many as are allowed. */
  accept(socket) {
    const address = socket.remoteAddress ?? "";
    const refused = this.refusal(address);
    if (refused) {
      this.onWarning(`closed the connection of ${address}:${socket.remotePort}: ${refused}`);
      socket.on("error", () => {
      });
      socket.destroy();
      return;
    }
    const connection = new Connection({ socket, state: this.state, users: this.users, onWarning: this.onWarning });
    this.open.add(connection);
    this.perAddress.set(address, (this.perAddress.get(address) ?? 0) + 1);
    socket.on("close", () => this.forget(connection, address));
  }
  refusal(address) {
    const { connectionsMax, connectionsPerAddressMax } = this.state.limits;
    if (this.open.size >= connectionsMax) return `connectionsMax allows ${connectionsMax} connections`;
    const isOver = (this.perAddress.get(address) ?? 0) >= connectionsPerAddressMax;
    return isOver ? `connectionsPerAddressMax allows ${connectionsPerAddressMax} connections of one address` : void 0;
  }
  forget(connection, address) {
    this.open.delete(connection);
    const left = this.perAddress.get(address) - 1;
    if (left === 0) this.perAddress.delete(address);
    else this.perAddress.set(address, left);
  }
  /** Ends all connections at once. */
  close() {
    for (const connection of this.open) connection.close();
  }
};

// infra/broker/src/data-dir-lock.ts
import { linkSync, mkdirSync as mkdirSync2, readFileSync as readFileSync4, renameSync as renameSync4, rmSync as rmSync6, writeFileSync as writeFileSync3 } from "node:fs";
import { join as join6 } from "node:path";
function statOf(pid) {
  try {
    const stat = readFileSync4(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", start: fields[19] ?? "" };
  } catch {
    return void 0;
  }
}
function startOf(pid) {
  return statOf(pid)?.start ?? "";
}
function isAlive({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  const stat = statOf(pid);
  if (!stat) return true;
  return stat.state !== "Z" && stat.state !== "X" && (start === "" || stat.start === start);
}
function holderOf(path) {
  try {
    const { pid, start } = JSON.parse(readFileSync4(path, "utf8"));
    return { pid, start };
  } catch {
    return void 0;
  }
}
var held = /* @__PURE__ */ new Set();
function lockDataDir(dataDir) {
  mkdirSync2(join6(dataDir, "logs"), { recursive: true });
  const path = join6(dataDir, "broker.lock");
  const mine = `${path}.${process.pid}`;
  writeFileSync3(mine, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }));
  try {
    const holder = holderOf(path);
    const isMine = holder?.pid === process.pid;
    if (holder && isAlive(holder) && (!isMine || held.has(path))) throw inUse(dataDir, holder.pid);
    if (holder) renameSync4(mine, path);
    else claim(mine, path, dataDir);
  } finally {
    rmSync6(mine, { force: true });
  }
  held.add(path);
  return () => {
    held.delete(path);
    rmSync6(path, { force: true });
  };
}
function claim(mine, path, dataDir) {
  try {
    linkSync(mine, path);
  } catch (error) {
    const holder = holderOf(path);
    if (error.code === "EEXIST" && holder) throw inUse(dataDir, holder.pid);
    renameSync4(mine, path);
  }
}
function inUse(dataDir, pid) {
  return new BrokerStartError(
    "DATA_DIR_IN_USE",
    `The data directory ${dataDir} is in use by process ${pid}. Stop that broker, or choose another directory with --data-dir (dataDir).`
  );
}

// infra/broker/src/faults/nearest.ts
function distance(left, right) {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = row[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[right.length];
}
var plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
function nearest(given, names2) {
  const wanted = plain(given);
  const distances = names2.map((name) => distance(wanted, plain(name)));
  return names2[distances.indexOf(Math.min(...distances))];
}

// infra/broker/src/faults/placement.ts
var list = (message, field) => message?.[field] ?? [];
function whole2(blank = {}) {
  return {
    subjects: [],
    split: (request, { errorCode, errorMessage }) => ({
      rest: void 0,
      join: () => ({ key: request.key, ...blank, errorCode, errorMessage })
    })
  };
}
function elements({ blank, from, named = (name) => ({ name }), nameOf = (each) => each.name, subject, to }) {
  const fieldsOf2 = (element) => typeof element === "object" ? element : named(element);
  const isMeant = (element, meant) => {
    if (subject === void 0) return true;
    const fields = fieldsOf2(element);
    const name = typeof element === "object" ? nameOf(fields) : element;
    return subject === "topic" ? meant.topic(name, fields.topicId) : meant[subject](name);
  };
  return {
    subjects: subject ? [subject] : [],
    coordinated: subject === "topic" ? void 0 : subject,
    split(request, { errorCode, errorMessage }, meant) {
      const asked = list(request, from);
      const taken = asked.filter((each) => isMeant(each, meant));
      if (taken.length === 0) return void 0;
      const left = asked.filter((each) => !taken.includes(each));
      const answers = taken.map((each) => ({ ...fieldsOf2(each), ...blank, errorCode, errorMessage }));
      return {
        rest: left.length > 0 ? { ...request, [from]: left } : void 0,
        join: (answer2) => ({ ...answer2, [to]: [...list(answer2, to), ...answers] })
      };
    }
  };
}
function partitions({ blank, code = "errorCode", index, restWith, ...fields }) {
  const [topicsFrom, topicsTo] = fields.topics;
  const [partitionsFrom, partitionsTo] = fields.partitions;
  const indexOf = (partition) => index[0] === void 0 ? partition : partition[index[0]];
  const nameOf = (topic2) => topic2.name ?? topic2.topic;
  return {
    subjects: ["topic", "partition"],
    split(request, { errorCode, errorMessage }, meant) {
      const rest = [];
      const refused = [];
      for (const topic2 of list(request, topicsFrom)) {
        const asked = list(topic2, partitionsFrom);
        const isMeant = meant.topic(nameOf(topic2), topic2.topicId);
        const taken = isMeant ? asked.filter((each) => meant.partition(indexOf(each))) : [];
        const left = asked.filter((each) => !taken.includes(each));
        const answers = taken.map((each) => ({ ...blank, [index[1]]: indexOf(each), [code]: errorCode, errorMessage }));
        if (taken.length > 0) refused.push({ ...topic2, [partitionsTo]: answers });
        if (left.length > 0) rest.push({ ...topic2, [partitionsFrom]: left });
      }
      if (refused.length === 0) return void 0;
      const join10 = (answer2) => {
        const topics = [...list(answer2, topicsTo)];
        for (const topic2 of refused) {
          const at = topics.findIndex((each) => nameOf(each) === nameOf(topic2) && each.topicId === topic2.topicId);
          if (at < 0) topics.push(topic2);
          else topics[at] = { ...topics[at], [partitionsTo]: [...list(topics[at], partitionsTo), ...list(topic2, partitionsTo)] };
        }
        return { errorCode: 0, ...answer2, [topicsTo]: topics };
      };
      return { rest: rest.length > 0 ? { ...request, ...restWith, [topicsFrom]: rest } : void 0, join: join10 };
    }
  };
}
function about(subject, placement, coordinated = subject) {
  const field = subject === "group" ? "groupId" : "transactionalId";
  return {
    subjects: [subject, ...placement.subjects],
    coordinated,
    split: (request, refused, meant) => meant[subject](request[field]) ? placement.split(request, refused, meant) : void 0
  };
}
function sinceVersion(from, before, after) {
  return {
    subjects: before.subjects.filter((each) => after.subjects.includes(each)),
    coordinated: before.coordinated,
    split: (request, refused, meant) => (refused.version < from ? before : after).split(request, refused, meant)
  };
}

// infra/broker/src/faults/placements.ts
var noBytes = Buffer.alloc(0);
var noCoordinator = { nodeId: -1, host: "", port: -1 };
var noProducer = { producerId: -1, producerEpoch: -1 };
var topicResource = 2;
var resources = (to) => elements({
  from: "resources",
  to,
  subject: "topic",
  nameOf: (each) => each.resourceType === topicResource ? each.resourceName : void 0,
  blank: { configs: [] }
});
var groupNames = (from, to, blank = {}) => elements({ from, to, subject: "group", named: (groupId) => ({ groupId }), nameOf: (each) => each.groupId, blank });
var topicNames = (from, to, blank = {}) => elements({ from, to, subject: "topic", blank });
var partitionsOfTopics = (blank = {}) => partitions({ topics: ["topics", "topics"], partitions: ["partitions", "partitions"], index: ["partitionIndex", "partitionIndex"], blank });
var metadata3 = {
  subjects: ["topic"],
  split(request, { errorCode, version: version2 }, meant) {
    const asked = request.topics;
    const isAll = asked === null || version2 === 0 && asked.length === 0;
    const isMeant = ({ name, topicId }) => meant.topic(name ?? void 0, topicId);
    if (!isAll && !asked.some(isMeant)) return void 0;
    const others = isAll ? [] : asked.filter((each) => !isMeant(each));
    const rest = others.length > 0 ? { ...request, topics: others } : { ...request, allowAutoTopicCreation: false };
    const refuse2 = (topic2) => ({ ...topic2, errorCode, partitions: [] });
    return {
      rest,
      join(answer2) {
        const answered = answer2?.topics ?? [];
        if (isAll) return { ...answer2, topics: answered.map((each) => isMeant(each) ? refuse2(each) : each) };
        return { ...answer2, topics: [...answered.filter((each) => !isMeant(each)), ...asked.filter(isMeant).map(refuse2)] };
      }
    };
  }
};
var writeTxnMarkers3 = {
  subjects: [],
  split: (request, { errorCode }) => ({
    rest: void 0,
    join: () => ({
      markers: request.markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode }))
        }))
      }))
    })
  })
};
var blankGroup = { groupState: "", protocolType: "", members: [] };
var placements = {
  produce: about(
    "transactionalId",
    partitions({
      topics: ["topicData", "responses"],
      partitions: ["partitionData", "partitionResponses"],
      index: ["index", "index"],
      blank: { baseOffset: -1 }
    }),
    null
  ),
  fetch: partitions({
    topics: ["topics", "responses"],
    partitions: ["partitions", "partitions"],
    index: ["partition", "partitionIndex"],
    blank: { highWatermark: -1, lastStableOffset: -1, records: noBytes },
    // an error is told at once
    restWith: { maxWaitMs: 0 }
  }),
  listOffsets: partitionsOfTopics(),
  metadata: metadata3,
  offsetCommit: about("group", partitionsOfTopics()),
  offsetFetch: sinceVersion(
    8,
    sinceVersion(
      2,
      about(
        "group",
        partitions({
          topics: ["topics", "topics"],
          partitions: ["partitionIndexes", "partitions"],
          index: [void 0, "partitionIndex"],
          blank: { committedOffset: -1, metadata: "" }
        })
      ),
      about("group", whole2({ topics: [] }))
    ),
    groupNames("groups", "groups", { topics: [] })
  ),
  findCoordinator: sinceVersion(
    4,
    whole2(noCoordinator),
    elements({ from: "coordinatorKeys", to: "coordinators", named: (key) => ({ key }), blank: noCoordinator })
  ),
  joinGroup: about("group", whole2({ protocolName: "", leader: "", memberId: "", members: [] })),
  heartbeat: about("group", whole2()),
  leaveGroup: about("group", whole2()),
  syncGroup: about("group", whole2({ assignment: noBytes })),
  describeGroups: groupNames("groups", "groups", blankGroup),
  listGroups: whole2({ groups: [] }),
  saslHandshake: whole2({ mechanisms: [] }),
  apiVersions: whole2({ apiKeys: [] }),
  createTopics: topicNames("topics", "topics", { configs: null, numPartitions: -1, replicationFactor: -1 }),
  deleteTopics: sinceVersion(6, topicNames("topicNames", "responses"), topicNames("topics", "responses")),
  deleteRecords: partitionsOfTopics({ lowWatermark: -1 }),
  initProducerId: about("transactionalId", whole2(noProducer)),
  offsetForLeaderEpoch: partitions({
    topics: ["topics", "topics"],
    partitions: ["partitions", "partitions"],
    index: ["partition", "partition"]
  }),
  addPartitionsToTxn: sinceVersion(
    4,
    about(
      "transactionalId",
      partitions({
        topics: ["topics", "resultsByTopic"],
        partitions: ["partitions", "resultsByPartition"],
        index: [void 0, "partitionIndex"],
        code: "partitionErrorCode"
      })
    ),
    // what brokers send each other: its one error code stands for all it asks
    { ...whole2(), subjects: ["transactionalId", "topic", "partition"] }
  ),
  addOffsetsToTxn: about("transactionalId", whole2()),
  endTxn: about("transactionalId", whole2()),
  writeTxnMarkers: writeTxnMarkers3,
  txnOffsetCommit: about("transactionalId", about("group", partitionsOfTopics()), "group"),
  describeConfigs: resources("results"),
  alterConfigs: resources("responses"),
  describeLogDirs: sinceVersion(
    3,
    {
      subjects: [],
      split: (_, { errorCode }) => ({ rest: void 0, join: () => ({ results: [{ errorCode, logDir: "", topics: [] }] }) })
    },
    whole2({ results: [] })
  ),
  saslAuthenticate: whole2({ authBytes: noBytes }),
  createPartitions: topicNames("topics", "results"),
  deleteGroups: groupNames("groupsNames", "results"),
  incrementalAlterConfigs: resources("responses"),
  offsetDelete: about("group", partitionsOfTopics()),
  describeCluster: whole2({ clusterId: "", controllerId: -1, brokers: [] }),
  describeProducers: partitions({
    topics: ["topics", "topics"],
    partitions: ["partitionIndexes", "partitions"],
    index: [void 0, "partitionIndex"],
    blank: { activeProducers: [] }
  }),
  describeTransactions: elements({
    from: "transactionalIds",
    to: "transactionStates",
    subject: "transactionalId",
    named: (transactionalId) => ({ transactionalId })
  }),
  listTransactions: whole2({ transactionStates: [] }),
  consumerGroupHeartbeat: about("group", whole2({ memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null })),
  consumerGroupDescribe: groupNames("groupIds", "groups", {
    groupState: "",
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: "",
    members: []
  }),
  listConfigResources: whole2({ configResources: [] }),
  describeTopicPartitions: topicNames("topics", "topics", { partitions: [] })
};

// infra/broker/src/faults/rules.ts
var FaultError = class extends Error {
  name = "FaultError";
};
var subjects = ["topic", "partition", "group", "transactionalId"];
var filterFields = ["times", "clientId", ...subjects];
var fieldsOf = { fail: [...filterFields, "error", "message"], delay: filterFields, drop: [...filterFields, "when"] };
function checkName(call, what, given, names2) {
  if (!names2.includes(given))
    throw new FaultError(`${call}: there is no ${what} '${given}'. Did you mean '${nearest(String(given), names2)}'?`);
}
function checkDemand(kind, api2, options) {
  const call = `faults.${kind}('${api2}')`;
  checkName(call, "API", api2, Object.keys(apis));
  for (const field of Object.keys(options)) checkName(call, "option", field, fieldsOf[kind]);
  if (kind === "fail") {
    const names2 = Object.keys(errorCodes).filter((name) => name !== "NONE");
    if (options.error === void 0) throw new FaultError(`${call}: says no error. Add { error: 'NOT_LEADER_OR_FOLLOWER' }, say.`);
    checkName(call, "error", options.error, names2);
  }
  const { times = 1, when } = options;
  if (times !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(times) && times > 0))
    throw new FaultError(`${call}: times ${times} must be a whole number from 1, or Infinity.`);
  if (when !== void 0) checkName(call, "value of when", when, ["before", "after"]);
  for (const subject of subjects) {
    if (options[subject] === void 0 || placements[api2].subjects.includes(subject)) continue;
    throw new FaultError(`${call}: ${subject} is nothing that such a request names. ${hint(api2)}`);
  }
}
function hint(api2) {
  const named = ["clientId", ...placements[api2].subjects];
  return `It can be narrowed by ${named.join(", ")}.`;
}

// infra/broker/src/faults/fault.ts
var RunningFault = class {
  constructor(call, times, onOver) {
    this.call = call;
    this.times = times;
    this.onOver = onOver;
  }
  call;
  times;
  onOver;
  count = 0;
  isOver = false;
  waiters = [];
  happened(times = 1) {
    if (this.count >= times) return Promise.resolve();
    if (this.isOver || times > this.times) return Promise.reject(this.missed(times));
    return new Promise((resolve3, reject) => this.waiters.push({ times, resolve: resolve3, reject }));
  }
  missed(times) {
    return new FaultError(`${this.call}: met ${this.count} of ${times} requests, and is for ${this.isOver ? "no more" : this.times}.`);
  }
  /** Notes one request. */
  meet() {
    this.count++;
    for (const { resolve: resolve3, times } of this.waiters) if (times <= this.count) resolve3();
    this.waiters = this.waiters.filter(({ times }) => times > this.count);
    if (this.count >= this.times) this.restore();
  }
  restore() {
    if (this.isOver) return;
    this.isOver = true;
    this.onOver();
    for (const { reject, times } of this.waiters.splice(0)) reject(this.missed(times));
  }
};

// infra/broker/src/faults/faults.ts
var ConnectionDropped = class extends Error {
  name = "ConnectionDropped";
};
var Faults = class {
  constructor(surroundings) {
    this.surroundings = surroundings;
  }
  surroundings;
  rules = [];
  splits = /* @__PURE__ */ new Set();
  /** Whether any request may meet a fault. */
  get isActive() {
    return this.rules.length > 0;
  }
  /**
   * Answers the next requests of an API with an error, in every partition or element that is meant, else as a whole. What is refused is not
   * acted on. Throws FaultError for names and options that there are not.
   */
  fail(api2, options) {
    checkDemand("fail", api2, options);
    return this.add({ kind: "fail", api: api2, errorCode: errorCodes[options.error], message: options.message }, options);
  }
  /** Holds the next requests of an API back for `ms` milliseconds of the broker's clock. Throws FaultError as `fail` does. */
  delay(api2, ms, filter = {}) {
    checkDemand("delay", api2, filter);
    if (!(ms >= 0)) throw new FaultError(`faults.delay('${api2}'): ${ms} must be milliseconds from 0.`);
    return this.add({ kind: "delay", api: api2, ms }, filter);
  }
  /** Closes the connection of the next requests of an API, before they are acted on or after. Throws FaultError as `fail` does. */
  drop(api2, options = {}) {
    checkDemand("drop", api2, options);
    return this.add({ kind: "drop", api: api2, when: options.when ?? "before" }, options);
  }
  /**
   * Answers NOT_COORDINATOR to whatever names a group, or a transactional id, until the client that asks has looked its coordinator up again;
   * clients are told apart by client id.
   */
  moveCoordinator(id, kind = "group") {
    const filter = { times: Number.POSITIVE_INFINITY, ...kind === "group" ? { group: id } : { transactionalId: id } };
    return this.add({ kind: "move", errorCode: errorCodes.NOT_COORDINATOR, lookedUp: /* @__PURE__ */ new Set() }, filter);
  }
  /**
   * Makes a group rebalance now, and ends the rebalance with the first member that joins, as though the others had been too late: they are
   * left out, join anew and make a second rebalance of it. Throws FaultError unless the group has two members.
   */
  splitRebalance(groupId) {
    const group = this.surroundings.groupOf(groupId);
    const members = group?.members.size ?? 0;
    const call = `faults.splitRebalance('${groupId}')`;
    if (!group || members < 2) throw new FaultError(`${call}: the group has ${members} members. Let two join before.`);
    const fault = new RunningFault(call, 1, () => {
      group.cancelSplit();
      this.splits.delete(fault);
    });
    this.splits.add(fault);
    group.splitRebalance(() => fault.meet());
    return fault;
  }
  /** Ends all faults. */
  clear() {
    for (const { fault } of [...this.rules]) fault.restore();
    for (const fault of [...this.splits]) fault.restore();
  }
  add(given, filter) {
    const fault = new RunningFault(`faults.${given.kind}('${given.api ?? ""}')`, filter.times ?? 1, () => {
      this.rules = this.rules.filter((each) => each !== rule);
    });
    const rule = { errorCode: errorCodes.UNKNOWN_SERVER_ERROR, ...given, filter, fault };
    this.rules.push(rule);
    return fault;
  }
  /** Answers a request as its handler `act` does, but for the faults that it meets. Throws ConnectionDropped. */
  async answer(api2, request, caller, act) {
    for (const rule of this.concerning("delay", api2, request, caller)) {
      rule.fault.meet();
      await this.wait(rule.ms, caller.signal);
    }
    this.hangUp("before", api2, request, caller);
    if (api2 === "findCoordinator") this.noteLookUp(request, caller);
    const splits = [];
    let rest = request;
    for (const kind of ["move", "fail"]) {
      for (const rule of this.concerning(kind, api2, request, caller)) {
        const split = rest && this.split(rule, api2, rest, caller);
        if (!split) continue;
        rule.fault.meet();
        splits.push(split);
        rest = split.rest;
      }
    }
    if (splits.length > 0 && request.acks === 0) throw new ConnectionDropped("a fault fails a produce request with acks 0");
    let answer2 = rest && await act(rest);
    this.hangUp("after", api2, request, caller);
    for (const split of splits.reverse()) answer2 = split.join(answer2);
    return answer2;
  }
  hangUp(when, api2, request, caller) {
    const rule = this.concerning("drop", api2, request, caller).find((each) => each.when === when);
    if (!rule) return;
    rule.fault.meet();
    throw new ConnectionDropped(`a fault drops ${api2} ${when} it is acted on`);
  }
  concerning(kind, api2, request, caller) {
    return this.rules.filter((rule) => {
      const { clientId } = rule.filter;
      if (rule.kind !== kind || (rule.api ?? api2) !== api2 || (clientId ?? caller.clientId) !== caller.clientId) return false;
      if (kind === "move" && (api2 === "findCoordinator" || rule.lookedUp.has(caller.clientId))) return false;
      return this.split(rule, api2, request, caller) !== void 0;
    });
  }
  split({ errorCode, filter, kind, message }, api2, request, caller) {
    const { coordinated, split } = placements[api2];
    if (kind === "move" && coordinated !== (filter.group === void 0 ? "transactionalId" : "group")) return void 0;
    const isNamed = (wanted) => (given) => wanted === void 0 || wanted === given;
    const meant = {
      topic: (name, id) => isNamed(filter.topic)(name || this.surroundings.topicNameOf(String(id))),
      partition: isNamed(filter.partition),
      group: isNamed(filter.group),
      transactionalId: isNamed(filter.transactionalId)
    };
    return split(request, { errorCode, errorMessage: message ?? null, version: caller.version }, meant);
  }
  noteLookUp({ coordinatorKeys, key, keyType }, { clientId }) {
    const isGroup = keyType === coordinatorKeyType.group;
    const keys = [key, ...coordinatorKeys];
    for (const { filter, lookedUp } of this.rules) {
      if (lookedUp && keys.includes(isGroup ? filter.group : filter.transactionalId)) lookedUp.add(clientId);
    }
  }
  wait(ms, signal) {
    return new Promise((resolve3) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        cancel();
        resolve3();
      };
      const cancel = this.surroundings.clock.schedule(ms, done);
      signal.addEventListener("abort", done);
    });
  }
};

// infra/broker/src/fetch-memory.ts
var FetchMemory = class {
  constructor(bytesMax) {
    this.bytesMax = bytesMax;
  }
  bytesMax;
  /** Bytes that the shares hold now. */
  heldBytes = 0;
  /** The share of one answer, empty at first. */
  share() {
    return new FetchShare(this);
  }
};
var FetchShare = class {
  constructor(memory2) {
    this.memory = memory2;
  }
  memory;
  held = 0;
  /** Whether less was granted than asked for. */
  isCut = false;
  hold(bytes2) {
    this.held += bytes2;
    this.memory.heldBytes += bytes2;
  }
  /** Holds up to `bytes` of what is left, and returns how many. */
  claim(bytes2) {
    const granted = Math.max(0, Math.min(bytes2, this.memory.bytesMax - this.memory.heldBytes));
    if (granted < bytes2) this.isCut = true;
    this.hold(granted);
    return granted;
  }
  /** Holds `bytes`, which may be more, instead of what was `granted`: one batch goes out to everybody, however little is left. */
  settle(granted, bytes2) {
    this.hold(bytes2 - granted);
  }
  /** Gives all back. */
  release() {
    this.hold(-this.held);
    this.isCut = false;
  }
};

// infra/broker/src/groups/coordinator.ts
import { join as join7 } from "node:path";

// infra/broker/src/groups/classic-admission.ts
var sessionTimeoutMsMin = 1;
var sessionTimeoutMsMax = 18e5;
function joinError({ groupInstanceId, memberId, protocols, protocolType, sessionTimeoutMs }, returning, group, { hasRoom, isPromised }) {
  if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) return errorCodes.INVALID_SESSION_TIMEOUT;
  if (protocolType === "" || protocols.length === 0) return errorCodes.INCONSISTENT_GROUP_PROTOCOL;
  const refused = memberId === "" || isPromised ? void 0 : group.members.refusal(memberId, groupInstanceId);
  if (refused !== void 0) return refused;
  if (memberId === "" && !returning && !hasRoom) return errorCodes.GROUP_MAX_SIZE_REACHED;
  const others = group.members.all().filter((each) => each !== returning && each.id !== memberId);
  if (others.length === 0) return void 0;
  const isShared = protocols.some(({ name }) => others.every((other) => other.protocols.some((each) => each.name === name)));
  return protocolType === group.protocolType && isShared ? void 0 : errorCodes.INCONSISTENT_GROUP_PROTOCOL;
}

// infra/broker/src/groups/member.ts
import { randomUUID as randomUUID2 } from "node:crypto";
var noAssignment = Buffer.alloc(0);
function failedJoin(errorCode, memberId) {
  return { errorCode, generationId: -1, protocolType: null, protocolName: "", leader: "", memberId, members: [] };
}
function failedSync(errorCode) {
  return { errorCode, protocolType: null, protocolName: null, assignment: noAssignment };
}
function update(member, { clientHost, clientId, protocols, rebalanceTimeoutMs, sessionTimeoutMs }) {
  Object.assign(member, { clientHost, clientId, protocols, rebalanceTimeoutMs, sessionTimeoutMs });
}
function newMemberId({ clientId, groupInstanceId }) {
  return `${groupInstanceId || clientId || "member"}-${randomUUID2()}`;
}
function newMember(id, request) {
  const { clientId, clientHost, groupInstanceId: instanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = request;
  const identity = { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols };
  return { ...identity, assignment: noAssignment, hasSynced: false, deadline: 0 };
}
function sameProtocols(left, right) {
  return left.length === right.length && left.every((each, index) => each.name === right[index].name && each.metadata.equals(right[index].metadata));
}
function electProtocol(members) {
  const votes = /* @__PURE__ */ new Map();
  for (const { protocols } of members) {
    const choice = protocols.find(({ name }) => members.every((other) => other.protocols.some((each) => each.name === name)));
    if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  return [...votes].sort((left, right) => right[1] - left[1])[0]?.[0];
}

// infra/broker/src/groups/classic-members.ts
var Members = class {
  byId = /* @__PURE__ */ new Map();
  idByInstance = /* @__PURE__ */ new Map();
  get size() {
    return this.byId.size;
  }
  get(id) {
    return this.byId.get(id);
  }
  all() {
    return [...this.byId.values()];
  }
  /** The static member of that instance id. */
  ofInstance(instanceId) {
    const id = instanceId === null ? void 0 : this.idByInstance.get(instanceId);
    return id === void 0 ? void 0 : this.byId.get(id);
  }
  /** Why nobody by this member id and instance id may speak: unknown, or replaced by another process with the same instance id. */
  refusal(id, instanceId) {
    if (instanceId !== null) {
      const current = this.idByInstance.get(instanceId);
      if (current === void 0) return errorCodes.UNKNOWN_MEMBER_ID;
      if (current !== id) return errorCodes.FENCED_INSTANCE_ID;
    }
    return this.byId.has(id) ? void 0 : errorCodes.UNKNOWN_MEMBER_ID;
  }
  add(member) {
    this.byId.set(member.id, member);
    if (member.instanceId !== null) this.idByInstance.set(member.instanceId, member.id);
  }
  /** Forgets a member; if it waits, it is told `errorCode`. */
  remove(member, errorCode = errorCodes.UNKNOWN_MEMBER_ID) {
    this.byId.delete(member.id);
    if (member.instanceId !== null) this.idByInstance.delete(member.instanceId);
    const { joining, syncing } = member;
    member.joining = void 0;
    member.syncing = void 0;
    joining?.(failedJoin(errorCode, member.id));
    syncing?.(failedSync(errorCode));
  }
  /** Gives a static member's place to a new member id; whoever waits under the old one is fenced. */
  rename(member, id) {
    this.remove(member, errorCodes.FENCED_INSTANCE_ID);
    member.id = id;
    this.add(member);
  }
};

// infra/broker/src/groups/deadline-timer.ts
var DeadlineTimer = class {
  constructor(clock, next, expire) {
    this.clock = clock;
    this.next = next;
    this.expire = expire;
  }
  clock;
  next;
  expire;
  timer;
  /** Sees to the earliest deadline. */
  arm() {
    this.armBy(this.next());
  }
  // Heartbeats only move deadlines back, so a timer that fires early costs less than one reset on each of them.
  /** Sees to one deadline, which may be the earliest. */
  armBy(due) {
    if (this.timer && this.timer.due <= due) return;
    this.stop();
    if (due === Number.POSITIVE_INFINITY) return;
    const cancel = this.clock.schedule(Math.max(0, due - this.clock.now()), () => {
      this.timer = void 0;
      this.expire();
      this.arm();
    });
    this.timer = { due, cancel };
  }
  stop() {
    this.timer?.cancel();
    this.timer = void 0;
  }
};

// infra/broker/src/groups/subscription.ts
function subscribedTopics(metadata4) {
  try {
    const reader = new Reader(metadata4);
    reader.int16();
    const topics = [];
    for (let left = reader.int32(); left > 0; left--) topics.push(reader.text(reader.int16()));
    return topics;
  } catch (error) {
    if (error instanceof RangeError) return void 0;
    throw error;
  }
}

// infra/broker/src/groups/classic-group.ts
var ClassicGroup = class {
  constructor(id, clock, initialRebalanceDelayMs, membersMax = defaultLimits.groupMembersMax) {
    this.id = id;
    this.clock = clock;
    this.initialRebalanceDelayMs = initialRebalanceDelayMs;
    this.membersMax = membersMax;
    this.timer = new DeadlineTimer(
      clock,
      () => this.nextDeadline(),
      () => this.expire()
    );
  }
  id;
  clock;
  initialRebalanceDelayMs;
  membersMax;
  type = "classic";
  state = "Empty";
  generation = 0;
  protocolType = "";
  protocolName;
  members = new Members();
  leader = "";
  /** Ids told to members that have not yet joined with them, and until when they count. */
  promised = /* @__PURE__ */ new Map();
  /** When the join or the sync phase ends for those who are late. */
  phaseDeadline;
  /** Whether an empty group still waits for members to come together. */
  isGathering = false;
  /** Set while a rebalance is to end with the first member who joins; called when it has. */
  onSplit;
  timer;
  get isEmpty() {
    return this.state === "Empty" && this.promised.size === 0;
  }
  join(request) {
    const { groupInstanceId, memberId } = request;
    const returning = memberId === "" ? this.members.ofInstance(groupInstanceId) : void 0;
    const isPromised = this.promised.has(memberId);
    const refused = joinError(request, returning, this, { isPromised, hasRoom: this.members.size + this.promised.size < this.membersMax });
    if (refused !== void 0) return Promise.resolve(failedJoin(refused, memberId));
    if (memberId === "" && request.requiresMemberId && groupInstanceId === null) {
      const promised = newMemberId(request);
      this.promised.set(promised, this.clock.now() + request.sessionTimeoutMs);
      this.timer.arm();
      return Promise.resolve(failedJoin(errorCodes.MEMBER_ID_REQUIRED, promised));
    }
    const member = this.members.get(memberId);
    const joined = returning ? this.comeBack(returning, request) : member ? this.rejoin(member, request) : this.enter(memberId || newMemberId(request), request);
    this.timer.arm();
    return joined;
  }
  enter(id, request) {
    this.promised.delete(id);
    const member = newMember(id, request);
    if (this.members.size === 0) this.protocolType = request.protocolType;
    this.members.add(member);
    return this.awaitJoin(member);
  }
  rejoin(member, request) {
    const isUnchanged = sameProtocols(member.protocols, request.protocols);
    update(member, request);
    const isRepeated = this.state === "CompletingRebalance" || this.state === "Stable" && member.id !== this.leader;
    if (!isUnchanged || !isRepeated) return this.awaitJoin(member);
    this.touch(member);
    return Promise.resolve(this.joined(member));
  }
  /** A static member whose process was replaced: it keeps its place, and in a stable group its assignment. */
  comeBack(member, request) {
    const oldId = member.id;
    this.members.rename(member, newMemberId(request));
    const led = this.leader === oldId;
    if (led) this.leader = member.id;
    update(member, request);
    this.touch(member);
    if (this.state !== "Stable" || electProtocol(this.members.all()) !== this.protocolName) return this.awaitJoin(member);
    const joined = this.joined(member);
    if (!led) return Promise.resolve(joined);
    return Promise.resolve(request.canSkipAssignment ? { ...joined, skipAssignment: true } : { ...joined, leader: oldId, members: [] });
  }
  awaitJoin(member) {
    member.joining?.(failedJoin(errorCodes.UNKNOWN_MEMBER_ID, member.id));
    const result = new Promise((resolve3) => {
      member.joining = resolve3;
    });
    if (this.state === "PreparingRebalance") this.completeJoinIfAllAreThere();
    else this.prepareRebalance();
    return result;
  }
  prepareRebalance() {
    this.isGathering = this.state === "Empty" && this.initialRebalanceDelayMs > 0;
    for (const member of this.members.all()) this.answerSync(member, failedSync(errorCodes.REBALANCE_IN_PROGRESS));
    this.state = "PreparingRebalance";
    this.phaseDeadline = this.clock.now() + (this.isGathering ? this.initialRebalanceDelayMs : this.rebalanceTimeoutMs());
    this.completeJoinIfAllAreThere();
  }
  rebalanceTimeoutMs() {
    return Math.max(0, ...this.members.all().map((member) => member.rebalanceTimeoutMs));
  }
  completeJoinIfAllAreThere() {
    const members = this.members.all();
    const areThere = this.onSplit ? members.some((member) => member.joining) : members.every((member) => member.joining);
    if (!this.isGathering && this.promised.size === 0 && areThere) this.completeJoin();
  }
  completeJoin() {
    this.isGathering = false;
    for (const member of this.members.all()) if (!member.joining && member.instanceId === null) this.members.remove(member);
    const members = this.members.all();
    const joining = members.filter((member) => member.joining);
    if (members.length > 0 && joining.length === 0) {
      this.phaseDeadline = this.clock.now() + this.rebalanceTimeoutMs();
      return;
    }
    this.generation++;
    this.onSplit?.();
    this.onSplit = void 0;
    if (members.length === 0) {
      this.state = "Empty";
      this.protocolName = void 0;
      this.leader = "";
      this.phaseDeadline = void 0;
      return;
    }
    this.protocolName = electProtocol(members);
    if (!this.members.get(this.leader)?.joining) this.leader = joining[0].id;
    this.state = "CompletingRebalance";
    this.phaseDeadline = this.clock.now() + this.rebalanceTimeoutMs();
    for (const member of members) {
      member.assignment = noAssignment;
      member.hasSynced = false;
    }
    for (const member of joining) {
      const answer2 = member.joining;
      member.joining = void 0;
      this.touch(member);
      answer2(this.joined(member));
    }
  }
  joined(member) {
    const metadataOf = (each) => each.protocols.find(({ name }) => name === this.protocolName).metadata;
    const isLeader = member.id === this.leader;
    return {
      errorCode: errorCodes.NONE,
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName ?? null,
      leader: this.leader,
      memberId: member.id,
      members: isLeader ? this.members.all().map((each) => ({ memberId: each.id, groupInstanceId: each.instanceId, metadata: metadataOf(each) })) : []
    };
  }
  /** Begins a rebalance that ends with the first member who joins: the others are dropped, as though their time were over. */
  splitRebalance(onSplit) {
    this.onSplit = onSplit;
    if (this.state !== "PreparingRebalance") this.prepareRebalance();
    this.timer.arm();
  }
  cancelSplit() {
    this.onSplit = void 0;
  }
  sync(request) {
    const { assignments, memberId, protocolName, protocolType } = request;
    const refused = this.memberError(request);
    if (refused !== errorCodes.NONE) return Promise.resolve(failedSync(refused));
    const isOther = (protocolType ?? this.protocolType) !== this.protocolType || (protocolName ?? this.protocolName) !== this.protocolName;
    if (isOther) return Promise.resolve(failedSync(errorCodes.INCONSISTENT_GROUP_PROTOCOL));
    if (this.state === "PreparingRebalance") return Promise.resolve(failedSync(errorCodes.REBALANCE_IN_PROGRESS));
    const member = this.members.get(memberId);
    member.hasSynced = true;
    this.touch(member);
    if (this.state === "Stable") {
      this.endPhaseIfAllHaveSynced();
      return Promise.resolve(this.synced(member));
    }
    this.answerSync(member, failedSync(errorCodes.UNKNOWN_MEMBER_ID));
    const result = new Promise((resolve3) => {
      member.syncing = resolve3;
    });
    if (memberId === this.leader) this.assign(assignments);
    this.timer.arm();
    return result;
  }
  assign(assignments) {
    for (const { memberId, assignment: assignment2 } of assignments) {
      const member = this.members.get(memberId);
      if (member) member.assignment = Buffer.from(assignment2);
    }
    this.state = "Stable";
    this.endPhaseIfAllHaveSynced();
    for (const member of this.members.all()) this.answerSync(member, this.synced(member));
  }
  endPhaseIfAllHaveSynced() {
    if (this.members.all().every(({ hasSynced }) => hasSynced)) this.phaseDeadline = void 0;
  }
  answerSync(member, result) {
    const answer2 = member.syncing;
    if (!answer2) return;
    member.syncing = void 0;
    this.touch(member);
    answer2(result);
  }
  synced(member) {
    const { protocolName = null, protocolType } = this;
    return { errorCode: errorCodes.NONE, protocolType, protocolName, assignment: member.assignment };
  }
  memberError({ generationId, groupInstanceId, memberId }) {
    const refused = this.members.refusal(memberId, groupInstanceId);
    if (refused !== void 0) return refused;
    return generationId === this.generation ? errorCodes.NONE : errorCodes.ILLEGAL_GENERATION;
  }
  heartbeat(claim2) {
    const refused = this.memberError(claim2);
    if (refused !== errorCodes.NONE) return refused;
    this.touch(this.members.get(claim2.memberId));
    return this.state === "PreparingRebalance" ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE;
  }
  /** Removes a member, or without a member id the static member of an instance id. */
  leave(memberId, groupInstanceId) {
    if (!this.promised.delete(memberId)) {
      const member = memberId === "" ? this.members.ofInstance(groupInstanceId) : this.members.get(memberId);
      const refused = this.members.refusal(member?.id ?? memberId, groupInstanceId);
      if (refused !== void 0 || !member) return refused ?? errorCodes.UNKNOWN_MEMBER_ID;
      this.members.remove(member);
    }
    this.afterLoss();
    return errorCodes.NONE;
  }
  /**
   * NONE, or why offsets may not be committed now. With generation -1 and no member id somebody outside the group asks; a transaction may
   * do so even while the group has members, as before KIP-447.
   */
  commitError(claim2, isTransactional = false) {
    const { generationId, groupInstanceId, memberId } = claim2;
    if (generationId < 0 && this.state === "Empty") return errorCodes.NONE;
    if (generationId >= 0 || memberId !== "" || groupInstanceId !== null) {
      const refused = this.memberError(claim2);
      if (refused !== errorCodes.NONE) return refused;
      this.touch(this.members.get(memberId));
    } else if (!isTransactional) {
      return errorCodes.UNKNOWN_MEMBER_ID;
    }
    return this.state === "CompletingRebalance" && !isTransactional ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE;
  }
  /** Whether a member reads the topic; undefined when the members are no consumers. */
  readsTopic(topic2) {
    if (this.members.size === 0) return false;
    if (this.protocolType !== "consumer") return void 0;
    const metadata4 = this.members.all().map(({ protocols }) => (protocols.find(({ name }) => name === this.protocolName) ?? protocols[0]).metadata);
    return metadata4.some((each) => subscribedTopics(each)?.includes(topic2) ?? true);
  }
  afterLoss() {
    if (this.state === "PreparingRebalance") this.completeJoinIfAllAreThere();
    else if (this.state !== "Empty") this.prepareRebalance();
    this.timer.arm();
  }
  touch(member) {
    member.deadline = this.clock.now() + member.sessionTimeoutMs;
    this.timer.armBy(member.deadline);
  }
  nextDeadline() {
    let next = this.phaseDeadline ?? Number.POSITIVE_INFINITY;
    for (const deadline of this.promised.values()) next = Math.min(next, deadline);
    for (const member of this.members.all()) if (!member.joining && !member.syncing) next = Math.min(next, member.deadline);
    return next;
  }
  expire() {
    const now = this.clock.now();
    let hasLost = false;
    for (const [memberId, deadline] of this.promised) if (deadline <= now) hasLost = this.promised.delete(memberId);
    if (this.phaseDeadline !== void 0 && this.phaseDeadline <= now) {
      this.phaseDeadline = void 0;
      if (this.state === "PreparingRebalance") {
        this.completeJoin();
        return;
      }
      for (const member of this.members.all()) if (!member.hasSynced) this.members.remove(member);
      hasLost = true;
    }
    for (const member of this.members.all()) {
      if (member.joining || member.syncing || member.deadline > now) continue;
      this.members.remove(member);
      hasLost = true;
    }
    if (hasLost) this.afterLoss();
  }
  /** Answers all who wait and stops the timer. */
  close() {
    for (const member of this.members.all()) this.members.remove(member);
    this.promised.clear();
    this.timer.stop();
  }
};

// infra/broker/src/groups/consumer-group.ts
import { randomUUID as randomUUID3 } from "node:crypto";

// infra/broker/src/groups/assignors.ts
function give(assignment2, topic2, partition) {
  const had = assignment2.get(topic2);
  if (had) had.add(partition);
  else assignment2.set(topic2, /* @__PURE__ */ new Set([partition]));
}
function inOrder(readers) {
  const keyOf = ({ id, instanceId }) => instanceId === null ? `1${id}` : `0${instanceId}`;
  return [...readers].sort((left, right) => keyOf(left) < keyOf(right) ? -1 : 1);
}
var range = (readers, partitions2) => {
  const ordered = inOrder(readers);
  const assignments = new Map(ordered.map(({ id }) => [id, /* @__PURE__ */ new Map()]));
  for (const [topic2, count] of partitions2) {
    const interested = ordered.filter(({ topics }) => topics.has(topic2));
    let next = 0;
    interested.forEach(({ id }, index) => {
      const share = Math.floor(count / interested.length) + (index < count % interested.length ? 1 : 0);
      for (const end2 = next + share; next < end2; next++) give(assignments.get(id), topic2, next);
    });
  }
  return assignments;
};
function leastLoaded(loads, topic2) {
  let least;
  for (const load of loads) if (load.reader.topics.has(topic2) && (!least || load.count < least.count)) least = load;
  return least;
}
function moveOne(from, loads) {
  for (const [topic2, numbers] of from.assignment) {
    const to = leastLoaded(loads, topic2);
    if (!to || to.count >= from.count - 1) continue;
    const moved = Math.max(...numbers);
    numbers.delete(moved);
    if (numbers.size === 0) from.assignment.delete(topic2);
    give(to.assignment, topic2, moved);
    from.count--;
    to.count++;
    return true;
  }
  return false;
}
var uniform = (readers, partitions2) => {
  const taken = /* @__PURE__ */ new Map();
  const loads = inOrder(readers).map((reader) => {
    const assignment2 = /* @__PURE__ */ new Map();
    let count = 0;
    for (const [topic2, numbers] of reader.previous) {
      for (const partition of numbers) {
        if (!reader.topics.has(topic2) || partition >= (partitions2.get(topic2) ?? 0) || taken.get(topic2)?.has(partition)) continue;
        give(assignment2, topic2, partition);
        give(taken, topic2, partition);
        count++;
      }
    }
    return { reader, assignment: assignment2, count };
  });
  for (const [topic2, total] of partitions2) {
    for (let partition = 0; partition < total; partition++) {
      if (taken.get(topic2)?.has(partition)) continue;
      const load = leastLoaded(loads, topic2);
      if (!load) break;
      give(load.assignment, topic2, partition);
      load.count++;
    }
  }
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false;
    for (const load of [...loads].sort((left, right) => right.count - left.count)) while (moveOne(load, loads)) hasMoved = true;
  }
  return new Map(loads.map(({ assignment: assignment2, reader }) => [reader.id, assignment2]));
};
var assignors = { uniform, range };
var defaultAssignor = "uniform";
function preferredAssignor(asked) {
  const votes = /* @__PURE__ */ new Map();
  for (const name of asked) if (name !== null) votes.set(name, (votes.get(name) ?? 0) + 1);
  return [...votes].sort((left, right) => right[1] - left[1])[0]?.[0] ?? defaultAssignor;
}
function checkAssignor(name) {
  if (name === null || Object.hasOwn(assignors, name)) return;
  const known = Object.keys(assignors).join(", ");
  throw new KafkaError("UNSUPPORTED_ASSIGNOR", `ServerAssignor ${name} is not supported. Supported assignors: ${known}.`);
}

// infra/broker/src/groups/consumer-heartbeat.ts
function demand(isGiven, message) {
  if (!isGiven) throw new KafkaError("INVALID_REQUEST", message);
}
function checkHeartbeat(groupId, request, makesOwnId) {
  const { instanceId, memberEpoch, memberId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions: topicPartitions2 } = request;
  demand(groupId !== "", "GroupId can't be empty.");
  demand(instanceId !== "", "InstanceId can't be empty.");
  demand(rackId !== "", "RackId can't be empty.");
  demand(memberEpoch >= awayEpoch, "MemberEpoch is invalid.");
  demand(memberId !== "" || memberEpoch === 0 && !makesOwnId, "MemberId can't be empty.");
  if (memberEpoch === 0) {
    demand(rebalanceTimeoutMs !== -1, "RebalanceTimeoutMs must be provided in first request.");
    demand(topicPartitions2?.length === 0, "TopicPartitions must be empty when (re-)joining.");
    const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null;
    demand(hasSubscription, "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  }
  if (memberEpoch === awayEpoch) demand(instanceId !== null, "InstanceId can't be null.");
  checkAssignor(request.serverAssignor);
}
function isLeaving({ memberEpoch }) {
  return memberEpoch === leaveEpoch || memberEpoch === awayEpoch;
}
function isFull(request) {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions: topicPartitions2 } = request;
  const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null;
  return memberEpoch === 0 || rebalanceTimeoutMs !== -1 && hasSubscription && topicPartitions2 !== null;
}
function regularExpressionOf(pattern) {
  const isCaseless = pattern.startsWith("(?i)");
  try {
    return new RegExp(`^(?:${isCaseless ? pattern.slice(4) : pattern})$`, isCaseless ? "iu" : "u");
  } catch (cause) {
    throw new KafkaError("INVALID_REGULAR_EXPRESSION", `SubscribedTopicRegex \`${pattern}\` is not a valid regular expression`, { cause });
  }
}

// infra/broker/src/groups/consumer-subscriptions.ts
function topicsOf(member, catalog) {
  const topics = /* @__PURE__ */ new Set();
  for (const name of member.subscribedTopicNames) {
    const topic2 = catalog.find(name);
    if (topic2) topics.add(topic2);
  }
  if (member.subscribedTopicRegex) {
    const expression = regularExpressionOf(member.subscribedTopicRegex);
    for (const topic2 of catalog.all()) if (expression.test(topic2.name)) topics.add(topic2);
  }
  return topics;
}
function resolve(members, catalog) {
  const found = { topicsOf: /* @__PURE__ */ new Map(), partitions: /* @__PURE__ */ new Map() };
  for (const member of members) {
    const topics = topicsOf(member, catalog);
    found.topicsOf.set(member.id, new Set([...topics].map(({ id }) => id)));
    for (const { id, partitions: partitions2 } of topics) found.partitions.set(id, partitions2.length);
  }
  return found;
}
function hasSamePartitions({ partitions: left }, { partitions: right }) {
  return left.size === right.size && [...left].every(([id, count]) => right.get(id) === count);
}

// infra/broker/src/groups/consumer-group.ts
var nothing = { topicsOf: /* @__PURE__ */ new Map(), partitions: /* @__PURE__ */ new Map() };
var ConsumerGroup = class {
  constructor(id, options) {
    this.id = id;
    this.options = options;
    this.timer = new DeadlineTimer(
      options.clock,
      () => this.nextDeadline(),
      () => this.expire()
    );
  }
  id;
  options;
  type = "consumer";
  protocolType = "consumer";
  epoch = 0;
  assignmentEpoch = 0;
  assignorName = preferredAssignor([]);
  membersById = /* @__PURE__ */ new Map();
  target = /* @__PURE__ */ new Map();
  subscriptions = nothing;
  /** The catalog's count of changes that `subscriptions` knows. */
  knownChanges = -1;
  timer;
  get isEmpty() {
    return this.membersById.size === 0;
  }
  get members() {
    return [...this.membersById.values()];
  }
  get state() {
    if (this.isEmpty) return "Empty";
    if (this.epoch > this.assignmentEpoch) return "Assigning";
    const isThere = (member) => member.state === "Stable" && member.epoch === this.assignmentEpoch;
    return this.members.every(isThere) ? "Stable" : "Reconciling";
  }
  targetOf(member) {
    return this.target.get(member.id) ?? /* @__PURE__ */ new Map();
  }
  /** Takes a heartbeat that `checkHeartbeat` let through. Throws KafkaError. */
  heartbeat(request) {
    if (isLeaving(request)) return this.leave(request);
    const member = this.memberOf(request);
    if (this.takeOver(member, request)) this.epoch++;
    this.followTopics();
    if (this.epoch > this.assignmentEpoch) this.assign();
    const hasChanged = this.step(member, request);
    const { clock, heartbeatIntervalMs, sessionTimeoutMs } = this.options;
    member.sessionDeadline = clock.now() + sessionTimeoutMs;
    this.timer.armBy(Math.min(member.sessionDeadline, member.revocationDeadline));
    return {
      memberId: member.id,
      memberEpoch: member.epoch,
      heartbeatIntervalMs,
      assignment: hasChanged || isFull(request) ? { topicPartitions: toTopicPartitions(member.assigned) } : null
    };
  }
  ofInstance(instanceId) {
    return this.members.find((member) => member.instanceId === instanceId);
  }
  /** The member that a heartbeat is of, which it may be the first of. */
  memberOf(request) {
    if (request.memberEpoch === 0) return this.memberThatJoins(request);
    const member = this.knownMember(request);
    const { memberEpoch, topicPartitions: topicPartitions2 } = request;
    const isRepeated = memberEpoch === member.previousEpoch && isWithin(topicPartitions2, member.assigned);
    if (memberEpoch === member.epoch || memberEpoch < member.epoch && isRepeated) return member;
    const relation = memberEpoch > member.epoch ? "greater" : "smaller";
    throw new KafkaError(
      "FENCED_MEMBER_EPOCH",
      `The consumer group member has a ${relation} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.epoch}). The member must abandon all its partitions and rejoin.`
    );
  }
  knownMember({ instanceId, memberId }) {
    const member = instanceId === null ? this.membersById.get(memberId) : this.ofInstance(instanceId);
    if (!member) {
      const message = instanceId === null ? `Member ${memberId} is not a member of group ${this.id}.` : `Instance id ${instanceId} is unknown.`;
      throw new KafkaError("UNKNOWN_MEMBER_ID", message);
    }
    if (member.id === memberId) return member;
    throw new KafkaError(
      "FENCED_INSTANCE_ID",
      `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.id}.`
    );
  }
  memberThatJoins({ instanceId, memberId }) {
    const id = memberId || randomUUID3();
    const known = instanceId === null ? this.membersById.get(id) : this.ofInstance(instanceId);
    if (!known) {
      if (this.membersById.size >= this.options.membersMax)
        throw new KafkaError(
          "GROUP_MAX_SIZE_REACHED",
          `The consumer group has reached its maximum capacity of ${this.options.membersMax} members.`
        );
      const member = newConsumerMember(id, instanceId);
      this.membersById.set(id, member);
      return member;
    }
    if (known.id === id) return Object.assign(known, nothingAssigned());
    if (known.epoch !== awayEpoch) {
      const message = `Static member ${id} with instance id ${instanceId} cannot join the group because the instance id is owned by ${known.id} member.`;
      throw new KafkaError("UNRELEASED_INSTANCE_ID", message);
    }
    this.membersById.delete(known.id);
    this.membersById.set(id, known);
    this.target.set(id, this.targetOf(known));
    this.target.delete(known.id);
    return Object.assign(known, { id, epoch: 0, previousEpoch: 0, state: "Stable" });
  }
  /** Takes over what a member says of itself; whether what must be assigned has changed by it. Throws KafkaError. */
  takeOver(member, request) {
    const { clientHost, clientId, rackId, rebalanceTimeoutMs, serverAssignor, subscribedTopicNames, subscribedTopicRegex } = request;
    const isNew = !this.target.has(member.id);
    if (subscribedTopicRegex) this.checkExpression(subscribedTopicRegex, member, isNew);
    const names2 = subscribedTopicNames ? [...new Set(subscribedTopicNames)].sort() : member.subscribedTopicNames;
    const expression = subscribedTopicRegex ?? member.subscribedTopicRegex;
    const hasChanged = names2.join() !== member.subscribedTopicNames.join() || expression !== member.subscribedTopicRegex;
    Object.assign(member, { clientHost, clientId, subscribedTopicNames: names2, subscribedTopicRegex: expression });
    if (rackId !== null) member.rackId = rackId;
    if (rebalanceTimeoutMs !== -1) member.rebalanceTimeoutMs = rebalanceTimeoutMs;
    if (serverAssignor !== null) member.serverAssignor = serverAssignor;
    if (hasChanged || isNew) this.knownChanges = -1;
    return hasChanged || isNew;
  }
  checkExpression(pattern, member, isNew) {
    try {
      regularExpressionOf(pattern);
    } catch (error) {
      if (isNew) this.membersById.delete(member.id);
      throw error;
    }
  }
  followTopics() {
    const { topics } = this.options;
    if (topics.changes === this.knownChanges) return;
    this.knownChanges = topics.changes;
    const found = resolve(this.membersById.values(), topics);
    if (!hasSamePartitions(found, this.subscriptions) && this.epoch === this.assignmentEpoch) this.epoch++;
    this.subscriptions = found;
  }
  assign() {
    this.assignorName = preferredAssignor(this.members.map(({ serverAssignor }) => serverAssignor));
    const subscribers = this.members.map((member) => ({
      id: member.id,
      instanceId: member.instanceId,
      topics: this.subscriptions.topicsOf.get(member.id) ?? /* @__PURE__ */ new Set(),
      previous: this.targetOf(member)
    }));
    this.target = assignors[this.assignorName](subscribers, this.subscriptions.partitions);
    this.assignmentEpoch = this.epoch;
  }
  step(member, { topicPartitions: topicPartitions2 }) {
    const { epoch, state } = member;
    const held2 = state === "Stable" && epoch === this.assignmentEpoch ? /* @__PURE__ */ new Set() : this.heldByOthers(member);
    const target = { epoch: this.assignmentEpoch, assignment: this.targetOf(member) };
    const hasChanged = reconcile(member, target, topicPartitions2, (topicId, partition) => held2.has(`${topicId} ${partition}`));
    if (member.state !== "UnrevokedPartitions") member.revocationDeadline = Number.POSITIVE_INFINITY;
    else if (state !== member.state || epoch !== member.epoch)
      member.revocationDeadline = this.options.clock.now() + member.rebalanceTimeoutMs;
    return hasChanged;
  }
  heldByOthers(member) {
    const held2 = /* @__PURE__ */ new Set();
    for (const other of this.membersById.values()) {
      if (other === member) continue;
      for (const assignment2 of [other.assigned, other.pendingRevocation]) {
        for (const [topicId, partitions2] of assignment2) for (const partition of partitions2) held2.add(`${topicId} ${partition}`);
      }
    }
    return held2;
  }
  leave(request) {
    const member = this.knownMember(request);
    if (request.memberEpoch === awayEpoch) {
      Object.assign(member, { epoch: awayEpoch, pendingRevocation: /* @__PURE__ */ new Map(), revocationDeadline: Number.POSITIVE_INFINITY });
    } else {
      this.remove(member);
    }
    return { memberId: member.id, memberEpoch: request.memberEpoch, heartbeatIntervalMs: 0, assignment: null };
  }
  remove(member) {
    this.membersById.delete(member.id);
    this.target.delete(member.id);
    this.knownChanges = -1;
    this.epoch++;
  }
  /** NONE, or why a member, or with epoch -1 somebody outside the group, may not commit offsets now. */
  commitError(memberId, memberEpoch) {
    if (memberEpoch < 0 && this.isEmpty) return errorCodes.NONE;
    return this.epochError(memberId, memberEpoch);
  }
  /** The same for fetching offsets, which everybody outside the group may. */
  fetchError(memberId, memberEpoch) {
    return memberId === null && memberEpoch < 0 ? errorCodes.NONE : this.epochError(memberId ?? "", memberEpoch);
  }
  epochError(memberId, memberEpoch) {
    const member = this.membersById.get(memberId);
    if (!member) return errorCodes.UNKNOWN_MEMBER_ID;
    return member.epoch === memberEpoch ? errorCodes.NONE : errorCodes.STALE_MEMBER_EPOCH;
  }
  /** Whether a member reads the topic of that id. */
  readsTopic(topicId) {
    const { topicsOf: topicsOf2 } = resolve(this.membersById.values(), this.options.topics);
    return [...topicsOf2.values()].some((topics) => topics.has(topicId));
  }
  nextDeadline() {
    let next = Number.POSITIVE_INFINITY;
    for (const { revocationDeadline, sessionDeadline } of this.membersById.values())
      next = Math.min(next, revocationDeadline, sessionDeadline);
    return next;
  }
  expire() {
    const now = this.options.clock.now();
    for (const member of this.members) if (Math.min(member.revocationDeadline, member.sessionDeadline) <= now) this.remove(member);
  }
  /** Stops the timer. */
  close() {
    this.timer.stop();
  }
};

// infra/broker/src/groups/group-types.ts
import { existsSync as existsSync4, readFileSync as readFileSync5 } from "node:fs";
var GroupTypes = class {
  /** Throws when the file cannot be read. */
  constructor(path) {
    this.path = path;
    this.ids = new Set(path !== void 0 && existsSync4(path) ? this.load(path) : []);
  }
  path;
  ids;
  load(path) {
    try {
      return JSON.parse(readFileSync5(path, "utf8"));
    } catch (cause) {
      throw new Error(`${path} cannot be read as JSON. Remove it: the groups it names are then taken for classic ones.`, { cause });
    }
  }
  consumerGroups() {
    return this.ids;
  }
  /** Remembers what a group is now; undefined forgets it. */
  set(id, type) {
    const isConsumer = type === "consumer";
    if (isConsumer === this.ids.has(id)) return;
    if (isConsumer) this.ids.add(id);
    else this.ids.delete(id);
    if (this.path !== void 0) replaceFile(this.path, `${JSON.stringify([...this.ids])}
`);
  }
};

// infra/broker/src/groups/coordinator.ts
var emptyGroupsMax = 1e3;
var notFoundFrom2 = 9;
var GroupCoordinator = class {
  constructor(options) {
    this.options = options;
    this.offsets = options.offsets;
    this.types = new GroupTypes(options.dataDir && join7(options.dataDir, "consumer-groups.json"));
    for (const id of this.types.consumerGroups()) this.groups.set(id, this.newConsumerGroup(id));
  }
  options;
  offsets;
  groups = /* @__PURE__ */ new Map();
  types;
  find(groupId) {
    return this.groups.get(groupId);
  }
  newConsumerGroup(id) {
    const { clock, consumerHeartbeatIntervalMs, consumerSessionTimeoutMs, groupMembersMax, topics } = this.options;
    return new ConsumerGroup(id, {
      clock,
      topics,
      membersMax: groupMembersMax,
      sessionTimeoutMs: consumerSessionTimeoutMs,
      heartbeatIntervalMs: consumerHeartbeatIntervalMs
    });
  }
  add(group) {
    this.groups.get(group.id)?.close();
    this.forgetEmptyGroups();
    this.groups.set(group.id, group);
    this.types.set(group.id, group.type);
    return group;
  }
  /** A group of the classic protocol. */
  findClassic(groupId) {
    const group = this.groups.get(groupId);
    return group?.type === "classic" ? group : void 0;
  }
  async join(groupId, request) {
    const { memberId } = request;
    if (groupId === "") return failedJoin(errorCodes.INVALID_GROUP_ID, memberId);
    const group = this.groups.get(groupId);
    if (group?.type === "classic") return group.join(request);
    if (group && !group.isEmpty) return failedJoin(errorCodes.INCONSISTENT_GROUP_PROTOCOL, memberId);
    if (memberId !== "") return failedJoin(errorCodes.UNKNOWN_MEMBER_ID, memberId);
    const { clock, groupMembersMax, initialRebalanceDelayMs } = this.options;
    return this.add(new ClassicGroup(groupId, clock, initialRebalanceDelayMs, groupMembersMax)).join(request);
  }
  async sync(groupId, request) {
    if (groupId === "") return failedSync(errorCodes.INVALID_GROUP_ID);
    return this.findClassic(groupId)?.sync(request) ?? failedSync(errorCodes.UNKNOWN_MEMBER_ID);
  }
  heartbeat(groupId, claim2) {
    if (groupId === "") return errorCodes.INVALID_GROUP_ID;
    return this.findClassic(groupId)?.heartbeat(claim2) ?? errorCodes.UNKNOWN_MEMBER_ID;
  }
  leave(groupId, memberId, groupInstanceId) {
    if (groupId === "") return errorCodes.INVALID_GROUP_ID;
    return this.findClassic(groupId)?.leave(memberId, groupInstanceId) ?? errorCodes.UNKNOWN_MEMBER_ID;
  }
  /** A heartbeat of the new consumer protocol. Throws KafkaError. */
  consumerHeartbeat(groupId, request, makesOwnId) {
    checkHeartbeat(groupId, request, makesOwnId);
    const group = this.groups.get(groupId);
    if (group?.type === "consumer") return group.heartbeat(request);
    if (group && !group.isEmpty) throw new KafkaError("GROUP_ID_NOT_FOUND", `Group ${groupId} is not a consumer group.`);
    if (request.memberEpoch !== 0) throw new KafkaError("GROUP_ID_NOT_FOUND", `Consumer group ${groupId} not found.`);
    return this.add(this.newConsumerGroup(groupId)).heartbeat(request);
  }
  /** NONE, or why the offsets of this member, or with a negative generation of somebody outside the group, may not be committed now. */
  commitError(groupId, committer) {
    if (groupId === "") return errorCodes.INVALID_GROUP_ID;
    const group = this.groups.get(groupId);
    const { generationId, isTransactional, memberId, version: version2 } = committer;
    if (group?.type === "consumer") return group.commitError(memberId, generationId);
    if (group) return group.commitError(committer, isTransactional);
    if (generationId < 0) return errorCodes.NONE;
    return version2 >= notFoundFrom2 ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.ILLEGAL_GENERATION;
  }
  /** NONE, or why this member may not fetch offsets. Only the new protocol asks who does. */
  fetchError(groupId, memberId, memberEpoch) {
    const group = this.groups.get(groupId);
    return group?.type === "consumer" ? group.fetchError(memberId, memberEpoch) : errorCodes.NONE;
  }
  commit(entries) {
    this.offsets.commit(entries);
  }
  /** Whether there is a group, be it only by its offsets. */
  has(groupId) {
    return this.isListed(this.groups.get(groupId)) || this.offsets.topicsOf(groupId).size > 0;
  }
  isListed(group) {
    if (!group) return false;
    return group.type === "consumer" || !group.isEmpty || group.generation > 0;
  }
  /** Ids of all groups, those included that have only offsets. */
  groupIds() {
    const living = [...this.groups].filter(([, group]) => this.isListed(group)).map(([id]) => id);
    return [.../* @__PURE__ */ new Set([...living, ...this.offsets.groupIds()])];
  }
  /** Forgets a group and its offsets. */
  delete(groupId) {
    const group = this.groups.get(groupId);
    if (group && !group.isEmpty) return errorCodes.NON_EMPTY_GROUP;
    const wasKnown = this.has(groupId);
    this.offsets.deleteGroup(groupId);
    this.forget(groupId);
    return wasKnown ? errorCodes.NONE : errorCodes.GROUP_ID_NOT_FOUND;
  }
  forget(groupId) {
    this.groups.get(groupId)?.close();
    this.groups.delete(groupId);
    this.types.set(groupId, void 0);
  }
  // Done when a group is added, so that ids that come and go take no memory without end.
  forgetEmptyGroups() {
    if (this.groups.size < emptyGroupsMax) return;
    for (const [id, group] of this.groups) if (group.isEmpty && this.offsets.topicsOf(id).size === 0) this.forget(id);
  }
  close() {
    for (const group of this.groups.values()) group.close();
    this.groups.clear();
  }
};

// infra/broker/src/log/json-lines.ts
import {
  closeSync as closeSync5,
  existsSync as existsSync5,
  fdatasync as fdatasync2,
  fdatasyncSync as fdatasyncSync4,
  fsyncSync as fsyncSync2,
  ftruncateSync as ftruncateSync3,
  openSync as openSync5,
  readFileSync as readFileSync6,
  renameSync as renameSync5,
  writeSync as writeSync2
} from "node:fs";
import { promisify as promisify3 } from "node:util";
var fdatasyncAsync2 = promisify3(fdatasync2);
var surplusLinesMax = 5e4;
var JsonLines = class {
  constructor(path) {
    this.path = path;
    this.fd = openSync5(path, "a");
    this.size = 0;
  }
  path;
  fd;
  size;
  lines = 0;
  /** The entries of the file in order. A last line that was cut by a stop is cut off. */
  load() {
    const text = existsSync5(this.path) ? readFileSync6(this.path, "utf8") : "";
    const entries = [];
    for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
      if (line === "") continue;
      try {
        entries.push(JSON.parse(line));
      } catch {
        break;
      }
      this.size += Buffer.byteLength(line) + 1;
    }
    ftruncateSync3(this.fd, this.size);
    this.lines = entries.length;
    return entries;
  }
  /** Whether so much of the file is history that it should be rewritten. */
  isWorthRewriting(entriesInForce) {
    return this.lines > entriesInForce * 2 + surplusLinesMax;
  }
  append(entries) {
    const bytes2 = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}
`).join(""));
    try {
      const written = writeSync2(this.fd, bytes2);
      if (written < bytes2.length) throw new Error("the disk is full");
    } catch (cause) {
      ftruncateSync3(this.fd, this.size);
      throw new KafkaError("KAFKA_STORAGE_ERROR", `cannot append to ${this.path}`, { cause });
    }
    this.size += bytes2.length;
    this.lines += entries.length;
  }
  /** Replaces the file by `entries`, whole or not at all. */
  rewrite(entries) {
    const bytes2 = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}
`).join(""));
    const next = openSync5(`${this.path}.new`, "w");
    writeSync2(next, bytes2);
    fsyncSync2(next);
    closeSync5(next);
    renameSync5(`${this.path}.new`, this.path);
    closeSync5(this.fd);
    this.fd = openSync5(this.path, "a");
    this.size = bytes2.length;
    this.lines = entries.length;
  }
  flush() {
    return fdatasyncAsync2(this.fd);
  }
  flushSync() {
    fdatasyncSync4(this.fd);
  }
  close() {
    fdatasyncSync4(this.fd);
    closeSync5(this.fd);
  }
};

// infra/broker/src/groups/offset-file.ts
var OffsetFile = class extends JsonLines {
};

// infra/broker/src/groups/offset-store.ts
var OffsetStore = class {
  constructor(path, flusher) {
    this.flusher = flusher;
    if (path === void 0) return;
    this.file = new OffsetFile(path);
    for (const entry of this.file.load()) this.apply(entry);
    if (this.file.isWorthRewriting(this.count())) this.file.rewrite(this.entries());
  }
  flusher;
  groups = /* @__PURE__ */ new Map();
  file;
  apply([group, topic2, partition, offset, leaderEpoch2, metadata4]) {
    if (offset === null) {
      const topics2 = this.groups.get(group);
      topics2?.get(topic2)?.delete(partition);
      if (topics2?.get(topic2)?.size === 0) topics2.delete(topic2);
      if (topics2?.size === 0) this.groups.delete(group);
      return;
    }
    let topics = this.groups.get(group);
    if (!topics) this.groups.set(group, topics = /* @__PURE__ */ new Map());
    let partitions2 = topics.get(topic2);
    if (!partitions2) topics.set(topic2, partitions2 = /* @__PURE__ */ new Map());
    partitions2.set(partition, { offset, leaderEpoch: leaderEpoch2, metadata: metadata4 });
  }
  /** Keeps offsets; in the file before it returns. Throws KafkaError when the disk refuses, and keeps none then. */
  commit(entries) {
    if (entries.length === 0) return;
    if (this.file) {
      this.file.append(entries);
      this.flusher.appended(this.file);
    }
    for (const entry of entries) this.apply(entry);
    if (this.file?.isWorthRewriting(this.count())) this.file.rewrite(this.entries());
  }
  get(group, topic2, partition) {
    return this.groups.get(group)?.get(topic2)?.get(partition);
  }
  /** The topics and partitions that a group has committed. */
  topicsOf(group) {
    return this.groups.get(group) ?? /* @__PURE__ */ new Map();
  }
  /** Groups with an offset at least. */
  groupIds() {
    return this.groups.keys();
  }
  /** Forgets a group; whether there was one. */
  deleteGroup(group) {
    const forgotten = this.entries().filter(([id]) => id === group);
    this.commit(forgotten.map(([id, topic2, partition]) => [id, topic2, partition, null, -1, null]));
    return forgotten.length > 0;
  }
  /** Forgets what all groups read of a topic that is deleted. */
  deleteTopic(name) {
    const forgotten = this.entries().filter(([, topic2]) => topic2 === name);
    this.commit(forgotten.map(([id, topic2, partition]) => [id, topic2, partition, null, -1, null]));
  }
  count() {
    let count = 0;
    for (const topics of this.groups.values()) for (const partitions2 of topics.values()) count += partitions2.size;
    return count;
  }
  entries() {
    const entries = [];
    for (const [group, topics] of this.groups) {
      for (const [topic2, partitions2] of topics) {
        for (const [partition, { leaderEpoch: leaderEpoch2, metadata: metadata4, offset }] of partitions2) {
          entries.push([group, topic2, partition, offset, leaderEpoch2, metadata4]);
        }
      }
    }
    return entries;
  }
  close() {
    this.file?.close();
  }
};

// infra/broker/src/log/flusher.ts
var Flusher = class {
  constructor(flushMs, onError) {
    this.flushMs = flushMs;
    this.onError = onError;
  }
  flushMs;
  onError;
  dirty = /* @__PURE__ */ new Set();
  timer;
  running = Promise.resolve();
  /** To be called after every append, before it is answered. */
  appended(file) {
    if (this.flushMs === 0) {
      file.flushSync();
      return;
    }
    this.dirty.add(file);
    this.timer ??= setTimeout(() => {
      this.running = this.flushAll();
    }, this.flushMs);
  }
  async flushAll() {
    const files = [...this.dirty];
    this.dirty.clear();
    this.timer = void 0;
    for (const file of files) {
      try {
        await file.flush();
      } catch (error) {
        this.onError(error);
      }
    }
  }
  /** Flushes what is dirty, and waits for a flush under way. */
  async close() {
    clearTimeout(this.timer);
    await this.running;
    await this.flushAll();
  }
};

// infra/broker/src/log/housekeeper.ts
var Housekeeper = class {
  constructor(logs, clock, intervalMs) {
    this.logs = logs;
    this.clock = clock;
    this.intervalMs = intervalMs;
    this.cancel = this.next();
  }
  logs;
  clock;
  intervalMs;
  cancel;
  isClosed = false;
  next() {
    return this.clock.schedule(this.intervalMs, () => void this.run());
  }
  async run() {
    for (const log of this.logs()) {
      if (this.isClosed) return;
      const cleaning = log.cleanUp();
      if (cleaning) await cleaning;
    }
    if (!this.isClosed) this.cancel = this.next();
  }
  /** Ends the rounds. What a log is still at ends with the log. */
  close() {
    this.isClosed = true;
    this.cancel();
  }
};

// infra/broker/src/producer-ids.ts
import { existsSync as existsSync6, readFileSync as readFileSync7 } from "node:fs";
import { join as join8 } from "node:path";
var blockSize = 1e3;
var ProducerIds = class {
  next = 1;
  reserved = 1;
  path;
  constructor(dataDir) {
    this.path = dataDir && join8(dataDir, "producer-ids.json");
    if (!this.path || !existsSync6(this.path)) return;
    this.next = this.reserved = JSON.parse(readFileSync7(this.path, "utf8")).next;
  }
  take() {
    if (this.next === this.reserved) {
      this.reserved += blockSize;
      if (this.path) replaceFile(this.path, `${JSON.stringify({ next: this.reserved })}
`);
    }
    return this.next++;
  }
};

// infra/broker/src/security/tls.ts
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
var handshakeMsMax = 3e4;
function secureServer({ ca, cert, key }) {
  const clients = ca === void 0 ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  try {
    return createTlsServer({ key, cert, ...clients, handshakeTimeout: handshakeMsMax });
  } catch (cause) {
    const message = `The key and certificates for TLS cannot be used: ${cause.message}. Give a key and its certificate in PEM.`;
    throw new BrokerStartError("TLS_UNUSABLE", message, { cause });
  }
}
function createListener(tls, connectionsMax, onWarning) {
  if (!tls) return { server: createServer(), event: "connection", endHandshakes: () => {
  } };
  const server = secureServer(tls);
  server.maxConnections = connectionsMax;
  const shakingHands = /* @__PURE__ */ new Set();
  server.on("connection", (socket) => {
    shakingHands.add(socket);
    socket.on("close", () => shakingHands.delete(socket));
  });
  server.on(
    "tlsClientError",
    (error, { remoteAddress, remotePort }) => onWarning(`no TLS connection of ${remoteAddress}:${remotePort}: ${error.message}`)
  );
  return {
    server,
    event: "secureConnection",
    endHandshakes: () => {
      for (const socket of shakingHands) socket.destroy();
    }
  };
}

// infra/broker/src/transactions/coordinator.ts
var coordinatorEpoch = 0;
var retryMs = 1e3;
var TransactionCoordinator = class {
  constructor(options) {
    this.options = options;
    if (options.path === void 0) return;
    this.file = new JsonLines(options.path);
    for (const line of this.file.load()) {
      this.byId.delete(line.id);
      if (line.state !== "Dead") this.byId.set(line.id, line);
    }
    for (const transaction of this.all()) {
      if (isPrepared(transaction)) this.finish(transaction);
      else this.arm(this.dueOf(transaction));
    }
  }
  options;
  /** In the order of last use. */
  byId = /* @__PURE__ */ new Map();
  file;
  timer;
  newProducerId = () => this.options.producerIds.take();
  all() {
    return [...this.byId.values()];
  }
  find(id) {
    return this.byId.get(id);
  }
  /** Throws KafkaError when the disk refuses; the transaction is then what it was. */
  save(transaction) {
    this.write(transaction);
    this.byId.delete(transaction.id);
    this.byId.set(transaction.id, transaction);
    if (this.byId.size > this.options.limits.transactionalIdsMax) this.forgetOldest();
    this.arm(this.dueOf(transaction));
    return transaction;
  }
  write(line) {
    if (!this.file) return;
    try {
      this.file.append([line]);
    } catch (cause) {
      throw new KafkaError("COORDINATOR_NOT_AVAILABLE", "the state of the transaction cannot be written", { cause });
    }
    this.options.flusher.appended(this.file);
    if (this.file.isWorthRewriting(this.byId.size)) this.file.rewrite(this.all());
  }
  forgetOldest() {
    const oldest = this.all().find((each) => !isOpen(each) && !isPrepared(each));
    if (!oldest) return;
    this.write({ id: oldest.id, state: "Dead" });
    this.byId.delete(oldest.id);
  }
  required(id) {
    if (id === "") throw new KafkaError("INVALID_REQUEST", "the transactional id is empty");
    const found = this.byId.get(id);
    if (!found) throw new KafkaError("INVALID_PRODUCER_ID_MAPPING", `there is no transactional id ${id}`);
    return found;
  }
  /**
   * Who a producer is from now on; what an earlier one left open is aborted, and that producer fenced.
   * @param expected who the producer says it was
   * @throws KafkaError with the code to answer
   */
  init(id, timeoutMs, expected) {
    if (id === "") throw new KafkaError("INVALID_REQUEST", "the transactional id is empty");
    const { transactionMsMax } = this.options.limits;
    if (timeoutMs <= 0 || timeoutMs > transactionMsMax) {
      throw new KafkaError("INVALID_TRANSACTION_TIMEOUT", `a transaction may take 1 to ${transactionMsMax} ms, not ${timeoutMs}`);
    }
    const now = this.options.clock.now();
    const known = this.byId.get(id);
    if (!known) return this.save(newTransaction(id, this.newProducerId(), timeoutMs, now));
    if (expected) checkInit(known, expected);
    if (!isOpen(known)) return this.save(init(known, timeoutMs, expected, this.newProducerId, now));
    return this.save(init(this.finish(this.save(fence(known, now))), timeoutMs, void 0, this.newProducerId, now));
  }
  /** Adds partitions, a group or offsets to a producer's transaction, which begins thereby. Throws KafkaError with the code to answer. */
  add(id, producer, addition) {
    const transaction = this.required(id);
    checkProducer(transaction, producer);
    const next = add(transaction, addition, this.options.clock.now());
    if (next !== transaction) this.save(next);
  }
  /** Whether a producer's transaction holds a partition. Throws KafkaError when the producer may not write now. */
  holds(id, producer, place) {
    const transaction = this.required(id);
    checkProducer(transaction, producer);
    return holds(transaction, place);
  }
  /** Whether a producer's transaction holds a group. Throws KafkaError when the producer may not write now. */
  holdsGroup(id, producer, groupId) {
    const transaction = this.required(id);
    checkProducer(transaction, producer);
    return isOpen(transaction) && transaction.groups.includes(groupId);
  }
  /**
   * Commits or aborts a producer's transaction.
   * @returns who the producer is from now on
   * @throws KafkaError with the code to answer
   */
  end(id, producer, isCommit2, hasEpochPerTransaction) {
    const transaction = this.required(id);
    const next = end(transaction, producer, isCommit2, hasEpochPerTransaction, this.newProducerId, this.options.clock.now());
    return next === transaction ? transaction : this.finish(this.save(next));
  }
  /**
   * Carries out what was decided: markers, then offsets. What the disk refuses is tried again later; until then the transaction stays
   * prepared.
   */
  finish(transaction) {
    const { clock, offsets, onWarning } = this.options;
    const left = [...transaction.places];
    try {
      for (let place = left[0]; place; place = left[0]) {
        this.mark(transaction, place);
        left.shift();
      }
      if (transaction.state === "PrepareCommit") offsets.commit([...transaction.offsets]);
      return this.save(complete(transaction, clock.now()));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      onWarning(`transaction ${transaction.id} cannot be ended yet: ${error.message}`);
      const unfinished = { ...transaction, places: left };
      this.byId.set(transaction.id, unfinished);
      this.arm(this.dueOf(unfinished));
      return unfinished;
    }
  }
  mark({ producerEpoch, producerId, state }, [topic2, partition]) {
    const log = this.options.topics.find(topic2)?.partitions[partition];
    const isCommit2 = state === "PrepareCommit";
    try {
      log?.end({ producerId, producerEpoch, isCommit: isCommit2, coordinatorEpoch, timestamp: this.options.clock.now() });
    } catch (error) {
      if (!(error instanceof KafkaError) || error.errorName === "KAFKA_STORAGE_ERROR") throw error;
      this.options.onWarning(`transaction marker in ${topic2}-${partition} left out: ${error.message}`);
    }
  }
  /** The partitions, as `topic partition`, for which an offset of the group waits for a transaction to end. */
  pendingOffsetsOf(groupId) {
    const pending = /* @__PURE__ */ new Set();
    for (const { offsets, state } of this.byId.values()) {
      if (state !== "Ongoing" && state !== "PrepareCommit") continue;
      for (const [group, topic2, partition] of offsets) if (group === groupId) pending.add(`${topic2} ${partition}`);
    }
    return pending;
  }
  /** A topic is deleted: its partitions and offsets leave the transactions that hold them. */
  forgetTopic(name) {
    for (const transaction of this.all()) {
      const places = transaction.places.filter(([topic2]) => topic2 !== name);
      const offsets = transaction.offsets.filter(([, topic2]) => topic2 !== name);
      if (places.length < transaction.places.length || offsets.length < transaction.offsets.length) {
        this.save({ ...transaction, places, offsets });
      }
    }
  }
  /** When a transaction is to be aborted, or tried again to be ended. */
  dueOf({ startedAt, state, timeoutMs }) {
    if (state === "Ongoing") return startedAt + timeoutMs;
    return state === "PrepareCommit" || state === "PrepareAbort" ? this.options.clock.now() + retryMs : Number.POSITIVE_INFINITY;
  }
  // An end only makes a due time void, so a timer that fires early costs less than one reset on each of them.
  arm(due) {
    if (due === Number.POSITIVE_INFINITY || this.timer && this.timer.due <= due) return;
    this.timer?.cancel();
    const { clock } = this.options;
    const cancel = clock.schedule(Math.max(0, due - clock.now()), () => {
      this.timer = void 0;
      const hasFailed = this.expire();
      const next = Math.min(...this.all().map((each) => this.dueOf(each)), Number.POSITIVE_INFINITY);
      this.arm(hasFailed ? Math.max(next, clock.now() + retryMs) : next);
    });
    this.timer = { due, cancel };
  }
  /** Ends what is due. Returns whether some of it could not be ended. */
  expire() {
    const now = this.options.clock.now();
    let hasFailed = false;
    for (const transaction of this.all()) {
      try {
        if (isPrepared(transaction)) this.finish(transaction);
        else if (isOpen(transaction) && this.dueOf(transaction) <= now) this.finish(this.save(fence(transaction, now)));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        hasFailed = true;
        this.options.onWarning(`transaction ${transaction.id} cannot be aborted yet: ${error.message}`);
      }
    }
    return hasFailed;
  }
  close() {
    this.timer?.cancel();
    this.file?.close();
  }
};

// infra/broker/src/broker.ts
var defaultFlushMs = 1e3;
var defaultCleanupMs = 5e3;
var defaultConsumerSessionTimeoutMs = 45e3;
var defaultConsumerHeartbeatIntervalMs = 1e3;
var defaultSegmentBytes = 64 * 1024 * 1024;
function isLoopback(host) {
  return host === "localhost" || host === "::1" || isIP(host) === 4 && host.startsWith("127.");
}
function listen(server, port, host) {
  return new Promise((done, fail) => {
    server.once("error", (error) => {
      const isTaken = error.code === "EADDRINUSE";
      const message = isTaken ? `Port ${port} on ${host} is taken. Choose another with --port (port), or 0 for a free one.` : `Cannot listen on ${host}:${port}: ${error.message}. Choose another address with --host and --port.`;
      fail(new BrokerStartError(isTaken ? "PORT_TAKEN" : "HOST_UNUSABLE", message, { cause: error }));
    });
    server.listen({ port, host }, () => {
      server.removeAllListeners("error");
      done();
    });
  });
}
function openStores(dataDir, options, limits, onWarning) {
  const { clock = systemClock } = options;
  const fetchMemory = new FetchMemory(limits.fetchBytesOfAllMax);
  const flusher = new Flusher(options.flushMs ?? defaultFlushMs, (error) => onWarning(`cannot synchronise to disk: ${error}`));
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
  const logOptions = { segmentBytes, budget: new TailBudget(limits.tailBytesMax), flusher, onWarning, now: () => clock.now() };
  const topics = new Topics(dataDir, logOptions, limits, options.configs);
  const housekeeper = new Housekeeper(() => topics.logs(), clock, options.cleanupMs ?? defaultCleanupMs);
  const offsets = new OffsetStore(dataDir && join9(dataDir, "offsets.jsonl"), flusher);
  const groups = new GroupCoordinator({
    offsets,
    clock,
    topics,
    dataDir,
    initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
    groupMembersMax: limits.groupMembersMax,
    consumerSessionTimeoutMs: options.consumerSessionTimeoutMs ?? defaultConsumerSessionTimeoutMs,
    consumerHeartbeatIntervalMs: options.consumerHeartbeatIntervalMs ?? defaultConsumerHeartbeatIntervalMs
  });
  const faults = new Faults({ clock, topicNameOf: (id) => topics.findById(id)?.name, groupOf: (id) => groups.findClassic(id) });
  const producerIds = new ProducerIds(dataDir);
  const path = dataDir && join9(dataDir, "transactions.jsonl");
  const transactions = new TransactionCoordinator({ path, topics, offsets, producerIds, flusher, clock, limits, onWarning });
  const close = async () => {
    faults.clear();
    groups.close();
    housekeeper.close();
    transactions.close();
    await flusher.close();
    await topics.close();
    offsets.close();
  };
  return { topics, groups, producerIds, transactions, clock, limits, fetchMemory, faults, close };
}
function checkStartConfigs(configs = {}) {
  try {
    checkBrokerConfigs(configs);
  } catch (cause) {
    throw new BrokerStartError("CONFIG_UNUSABLE", `${cause.reason}. Change it in --config (configs).`, { cause });
  }
}
function lock(dataDir) {
  return dataDir === void 0 ? () => {
  } : lockDataDir(dataDir);
}
async function startBroker(options = {}) {
  const { host = "127.0.0.1", log: onWarning = () => {
  } } = options;
  if (!options.listenAnywhere && !isLoopback(host)) {
    const remedy = "This is no broker for production. Add --listen-anywhere (listenAnywhere: true) if that is what you want.";
    throw new BrokerStartError("HOST_NOT_LOOPBACK", `The host ${host} is reachable from other machines. ${remedy}`);
  }
  const limits = limitsOf(options.limits);
  const users = options.sasl && await Users.of(options.sasl);
  const listener = createListener(options.tls, limits.connectionsMax, onWarning);
  const { server } = listener;
  checkStartConfigs(options.configs);
  const dataDir = options.dataDir === void 0 ? void 0 : resolve2(options.dataDir);
  await listen(server, options.port ?? 0, host);
  const { port } = server.address();
  let unlock;
  try {
    unlock = lock(dataDir);
    const stores = openStores(dataDir, options, limits, onWarning);
    const isWildcard = host === "0.0.0.0" || host === "::";
    const { autoCreateTopics = true, defaultPartitions = 1 } = options;
    const state = { ...stores, host: isWildcard ? hostname() : host, port, defaultPartitions, autoCreateTopics };
    const connections = new Connections(state, users, onWarning);
    return serve(listener, connections, state, async () => {
      await stores.close();
      unlock?.();
    });
  } catch (cause) {
    unlock?.();
    await new Promise((done) => server.close(done));
    if (cause instanceof BrokerStartError) throw cause;
    throw new BrokerStartError("DATA_DIR_UNUSABLE", `Cannot use the data directory ${dataDir}: ${cause.message}`, { cause });
  }
}
function serve({ endHandshakes, event, server }, connections, { faults, host, port }, closeStores) {
  server.on(event, (socket) => connections.accept(socket));
  let closing;
  const close = async () => {
    const closed = new Promise((done) => server.close(done));
    connections.close();
    endHandshakes();
    await closed;
    await closeStores();
  };
  return {
    faults,
    host,
    port,
    address: `${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    close: () => closing ??= close()
  };
}

// infra/broker/src/flags.ts
import { parseArgs } from "node:util";

// infra/broker/src/security/access-flags.ts
import { readFileSync as readFileSync8 } from "node:fs";
var saslUsersVariable = "SLUICE_BROKER_SASL_USERS";
function fileOf(flag, path) {
  try {
    return readFileSync8(path, "utf8");
  } catch (error) {
    throw new FlagError(`--${flag} ${path}: cannot be read (${error.code}). Name a file that is there.`);
  }
}
function tlsOf(flags2) {
  const { "tls-ca": ca, "tls-cert": cert, "tls-key": key } = flags2;
  if (key === void 0 && cert === void 0 && ca === void 0) return void 0;
  if (key === void 0 || cert === void 0)
    throw new FlagError("TLS needs both a key and its certificate. Give --tls-key and --tls-cert.");
  return {
    key: fileOf("tls-key", key),
    cert: fileOf("tls-cert", cert),
    ...ca === void 0 ? {} : { ca: fileOf("tls-ca", ca) }
  };
}
function usersIn(text, source) {
  const users = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const at = line.indexOf("=");
    if (at < 1 || at === line.length - 1) throw new FlagError(`${source}, line ${index + 1}: must be name=password.`);
    return [[line.slice(0, at).trim(), line.slice(at + 1)]];
  });
  const twice = users.find(([name], index) => users.findIndex((other) => other[0] === name) !== index);
  if (twice) throw new FlagError(`${source}: the user ${twice[0]} is named twice. Keep one line.`);
  if (users.length === 0) throw new FlagError(`${source}: names no user. Write a line name=password for each.`);
  return Object.fromEntries(users);
}
function mechanismsOf(text) {
  if (text === void 0) return void 0;
  const names2 = text.split(",").map((each) => each.trim().toUpperCase());
  const unknown2 = names2.find((each) => !mechanisms.includes(each));
  if (unknown2 !== void 0) throw new FlagError(`--sasl-mechanisms ${text}: "${unknown2}" is none. There are ${mechanisms.join(", ")}.`);
  return names2;
}
function saslOf(flags2, environment) {
  const offered = mechanismsOf(flags2["sasl-mechanisms"]);
  const { "sasl-users": path } = flags2;
  const variable = environment[saslUsersVariable];
  if (path !== void 0 && variable !== void 0)
    throw new FlagError(`Users are named by --sasl-users and by ${saslUsersVariable}. Leave one out.`);
  if (path === void 0 && variable === void 0) {
    if (offered) throw new FlagError(`--sasl-mechanisms ${flags2["sasl-mechanisms"]}: needs users. Name them with --sasl-users.`);
    return void 0;
  }
  const users = path === void 0 ? usersIn(variable, saslUsersVariable) : usersIn(fileOf("sasl-users", path), `--sasl-users ${path}`);
  return { users, ...offered ? { mechanisms: offered } : {} };
}
function readAccess(flags2, environment) {
  const tls = tlsOf(flags2);
  const sasl = saslOf(flags2, environment);
  return { ...tls ? { tls } : {}, ...sasl ? { sasl } : {} };
}

// infra/broker/src/flags.ts
var defaultPort = 9092;
var help = `sluice-broker: an embedded broker that speaks the Kafka protocol, for development and tests

Usage: sluice-broker [flags]

  --port <number>        port to listen on, 0 for a free one (${defaultPort})
  --host <address>       address to listen on and to tell clients (127.0.0.1)
  --listen-anywhere      allow a host beyond loopback; any peer that TLS and SASL let in may read and write everything
  --data-dir <folder>    keep topics, records and offsets there; without it all is gone at the end
  --partitions <number>  partitions of topics created without a number (1)
  --no-auto-create       do not create topics because a client asks for them
  --flush-ms <number>    milliseconds until appends are synchronised to disk, 0 before each answer (1000)
  --config <name=value>  a broker setting of Kafka's that is the default of topics, as log.retention.ms=-1; may be given again
  --cleanup-ms <number>  milliseconds between two looks for what retention lets go and what is to be compacted (5000)
  --tls-key <file>       listen with TLS: the private key, in PEM
  --tls-cert <file>      its certificate, in PEM, with those between it and the root
  --tls-ca <file>        also ask clients for a certificate of this authority, in PEM
  --sasl-users <file>    let in only these users; a file with a line name=password for each, or the
                         variable ${saslUsersVariable} with the same lines
  --sasl-mechanisms <names>  those offered, with commas between (PLAIN,SCRAM-SHA-256,SCRAM-SHA-512)
  --help                 print this
  --version              print the version
`;
var flags = {
  port: { type: "string" },
  host: { type: "string" },
  "listen-anywhere": { type: "boolean" },
  "data-dir": { type: "string" },
  partitions: { type: "string" },
  "no-auto-create": { type: "boolean" },
  "flush-ms": { type: "string" },
  config: { type: "string", multiple: true },
  "cleanup-ms": { type: "string" },
  "tls-key": { type: "string" },
  "tls-cert": { type: "string" },
  "tls-ca": { type: "string" },
  "sasl-users": { type: "string" },
  "sasl-mechanisms": { type: "string" },
  help: { type: "boolean" },
  version: { type: "boolean" }
};
function numberOf(flag, given, min, max) {
  if (given === void 0) return void 0;
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= min && value <= max) return value;
  throw new FlagError(`--${flag} ${given}: must be a whole number from ${min} to ${max}.`);
}
function configsOf2(given = []) {
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf("=");
      if (at < 1) throw new FlagError(`--config ${each}: must be a name and a value, as log.retention.ms=-1.`);
      return [each.slice(0, at), each.slice(at + 1)];
    })
  );
}
function parse(args) {
  try {
    return parseArgs({ args, options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { message } = error;
    throw new FlagError(`${message.split(". ")[0]}. See sluice-broker --help for the flags there are.`);
  }
}
function readFlags(args, environment = {}) {
  const values = parse(args);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  if (values["data-dir"] === "") throw new FlagError('--data-dir "": must name a folder. Leave the flag out to keep all in memory.');
  return {
    kind: "start",
    options: {
      port: numberOf("port", values.port, 0, 65535) ?? defaultPort,
      host: values.host,
      listenAnywhere: values["listen-anywhere"],
      dataDir: values["data-dir"],
      defaultPartitions: numberOf("partitions", values.partitions, 1, 1e4),
      autoCreateTopics: !values["no-auto-create"],
      flushMs: numberOf("flush-ms", values["flush-ms"], 0, 36e5),
      configs: configsOf2(values.config),
      cleanupMs: numberOf("cleanup-ms", values["cleanup-ms"], 1, 36e5),
      ...readAccess(values, environment)
    }
  };
}

// infra/broker/src/bin.ts
var exitCodes = {
  CONFIG_UNUSABLE: 2,
  HOST_NOT_LOOPBACK: 2,
  HOST_UNUSABLE: 2,
  LIMIT_UNUSABLE: 2,
  TLS_UNUSABLE: 2,
  SASL_UNUSABLE: 2,
  PORT_TAKEN: 3,
  DATA_DIR_IN_USE: 4,
  DATA_DIR_UNUSABLE: 4
};
function stopOnRequest(broker) {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    broker.close().then(
      () => process.exit(0),
      (error) => {
        console.error(`sluice-broker: ${error}`);
        process.exit(1);
      }
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("disconnect", stop);
}
async function run(command) {
  if (command.kind === "help") return void process.stdout.write(help);
  if (command.kind === "version") return void process.stdout.write(`${version}
`);
  const broker = await startBroker({ ...command.options, log: (message) => console.error(`sluice-broker: ${message}`) });
  stopOnRequest(broker);
  process.stdout.write(`sluice-broker listening on ${broker.address}
`);
}
async function main() {
  try {
    await run(readFlags(process.argv.slice(2), process.env));
  } catch (error) {
    const isExpected = error instanceof FlagError || error instanceof BrokerStartError;
    console.error(`sluice-broker: ${isExpected ? error.message : error.stack}`);
    process.exitCode = error instanceof FlagError ? 2 : error instanceof BrokerStartError ? exitCodes[error.problem] : 1;
  }
}
void main();
