// How does a test make the event that the Kafka event source mapping would deliver?

export interface TestRecord {
  value: string | Buffer | null
  key?: string | null
  offset?: number
  timestamp?: number
  headers?: Record<string, string | Buffer>
}

/** An event of one partition, in AWS's shape; offsets count up from `firstOffset`. */
export function kafkaTestEvent(topic: string, partition: number, records: TestRecord[], firstOffset = 0) {
  return {
    eventSource: 'SelfManagedKafka' as const,
    bootstrapServers: '127.0.0.1:9092',
    records: {
      [`${topic}-${partition}`]: records.map((record, index) => ({
        topic,
        partition,
        offset: record.offset ?? firstOffset + index,
        timestamp: record.timestamp ?? Date.now(),
        timestampType: 'CREATE_TIME' as const,
        ...(record.key == null ? {} : { key: Buffer.from(record.key).toString('base64') }),
        ...(record.value === null ? {} : { value: Buffer.from(record.value as string).toString('base64') }),
        headers: Object.entries(record.headers ?? {}).map(([name, value]) => ({ [name]: [...Buffer.from(value as string)] }))
      }))
    }
  }
}
