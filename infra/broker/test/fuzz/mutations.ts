// How does a frame become one that no client sends? By changes that a decoder is most likely to stumble over.
import { type Apis, apiNames, apis, batchHeaderBytes, batchSizeAt, crc32c, decodeRequest, type RequestOf } from '../../src/protocol'
import type { Random } from './random'
import { withOtherValues } from './values'

/** Lengths, counts and numbers at the ends of their types. */
const extremes = [
  '00',
  'ff',
  '7f',
  '80',
  '01',
  'ffff',
  '7fff',
  '8000',
  'ffffffff',
  '7fffffff',
  '80000000',
  '00ffffff',
  'ffffffff0f',
  'ffffffff7f'
]
const extremeBytes = [...extremes, '7fffffffffffffff', 'ffffffffffffffff', '8000000000000000', 'ffffffffffffffffff01'].map(hex =>
  Buffer.from(hex, 'hex')
)
const apiKeys = [...apiNames.keys()]

type Mutation = (frame: Buffer, random: Random, others: readonly Buffer[]) => Buffer

function sliceOf(frame: Buffer, random: Random): Buffer {
  const start = random.below(frame.length + 1)
  return frame.subarray(start, start + 1 + random.below(Math.min(64, frame.length - start + 1)))
}

function replaced(frame: Buffer, at: number, dropped: number, inserted: Buffer): Buffer {
  return Buffer.concat([frame.subarray(0, at), inserted, frame.subarray(Math.min(frame.length, at + dropped))])
}

const mutations: Mutation[] = [
  function flipBits(frame, random) {
    const copy = Buffer.from(frame)
    for (let count = 1 + random.below(4); count > 0 && copy.length > 0; count--) copy[random.below(copy.length)]! ^= 1 << random.below(8)
    return copy
  },
  function overwriteByExtreme(frame, random) {
    const extreme = random.pick(extremeBytes)
    return replaced(frame, random.below(frame.length + 1), extreme.length, extreme)
  },
  function insertExtreme(frame, random) {
    return replaced(frame, random.below(frame.length + 1), 0, random.pick(extremeBytes))
  },
  function cut(frame, random) {
    return frame.subarray(0, random.below(frame.length + 1))
  },
  function drop(frame, random) {
    return replaced(frame, random.below(frame.length + 1), 1 + random.below(8), Buffer.alloc(0))
  },
  function duplicate(frame, random) {
    const part = sliceOf(frame, random)
    const copies = Array<Buffer>(1 + random.below(random.chance(50) ? 2000 : 4)).fill(part)
    return replaced(frame, random.below(frame.length + 1), 0, Buffer.concat(copies))
  },
  function splice(frame, random, others) {
    const other = random.pick(others)
    return Buffer.concat([frame.subarray(0, random.below(frame.length + 1)), other.subarray(random.below(other.length + 1))])
  },
  function insertNoise(frame, random) {
    return replaced(frame, random.below(frame.length + 1), random.below(9), random.bytes(random.below(9)))
  },
  function otherVersion(frame, random) {
    const copy = Buffer.from(frame)
    if (copy.length >= 4) copy.writeInt16BE(random.chance(8) ? random.below(65_536) - 32_768 : random.below(20), 2)
    return copy
  },
  function otherApi(frame, random) {
    const copy = Buffer.from(frame)
    if (copy.length < 4) return copy
    const key = random.chance(8) ? random.below(256) : random.pick(apiKeys)
    copy.writeInt16BE(key, 0)
    const name = apiNames.get(key)
    if (name && random.chance(2)) copy.writeInt16BE(apis[name].min + random.below(apis[name].max - apis[name].min + 1), 2)
    return copy
  },
  function noise(_, random) {
    return random.bytes(random.below(200))
  }
]

/** The message as it is read here; undefined when it is refused, which must be with a RangeError. */
function decoded(frame: Buffer): ReturnType<typeof decodeRequest> | undefined {
  try {
    return decodeRequest(frame)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Gives mutated batches checksums that hold, so that what is behind the check is tried as well. */
function mendChecksums(topics: RequestOf<Apis['produce']>['topicData']): void {
  for (const { partitionData } of topics) {
    for (const { records } of partitionData) {
      if (!records || records.length < batchHeaderBytes) continue
      const size = Math.min(records.length, Math.max(batchHeaderBytes, batchSizeAt(records, 0)))
      records.writeUInt32BE(crc32c(records.subarray(21, size)), 17)
    }
  }
}

/** One of `frames` (without size prefix) as it is, with other values, or with other bytes. */
function mutated(frames: readonly Buffer[], random: Random): Buffer {
  let frame: Buffer = Buffer.from(random.pick(frames))
  if (random.chance(10)) return frame
  if (random.below(3) > 0) frame = withOtherValues(frame, random)
  else for (let count = 1 + random.below(3); count > 0; count--) frame = Buffer.from(random.pick(mutations)(frame, random, frames))
  if (random.chance(2)) {
    const request = decoded(frame)
    if (request?.name === 'produce') mendChecksums((request.body as RequestOf<Apis['produce']>).topicData)
  }
  return frame
}

/**
 * Mutated frames that are sent together. The first that cannot be read is the last: it closes the connection, and what is behind it would
 * not be looked at.
 * @param waitMsMax what the broker may take over one of them; a join waits for members that there are none of
 */
export function burstOf(frames: readonly Buffer[], random: Random, framesMax: number, waitMsMax: number): Buffer[] {
  const burst: Buffer[] = []
  for (let left = 1 + random.below(framesMax); left > 0; left--) {
    const frame = mutated(frames, random)
    const request = decoded(frame)
    const isLongJoin = request?.name === 'joinGroup' && (request.body as RequestOf<Apis['joinGroup']>).rebalanceTimeoutMs > waitMsMax
    if (!isLongJoin) burst.push(frame)
    if (!request) break
  }
  return burst
}

/** A frame with its size prefix, which may lie. */
export function framed(frame: Buffer, random: Random, mayLie: boolean): Buffer {
  const lie = mayLie && random.chance(4) ? random.pick([-1, 1, 4, -4, 0x7fffffff, -0x80000000, -frame.length]) : 0
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE((frame.length + lie) | 0)
  return Buffer.concat([prefix, frame])
}
