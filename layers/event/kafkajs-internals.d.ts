// Which of kafkajs' inner modules are used, and with what types? Those of version 2.2.4, which package.json pins.
declare module 'kafkajs/src/protocol/encoder' {
  class Encoder {
    buf: Buffer
    offset: number
    constructor(initialSize?: number)
    readonly buffer: Buffer
    ensureAvailable(length: number): void
    writeInt8(value: number): this
    writeInt16(value: number): this
    writeInt32(value: number): this
    writeInt64(value: unknown): this
    writeString(value: string | null): this
  }
  export = Encoder
}
declare module 'kafkajs/src/protocol/recordBatch/crc32C' {
  function crc32c(bytes: Buffer): number
  export = crc32c
}
declare module 'kafkajs/src/protocol/requests/produce/v3/request' {
  import type Encoder from 'kafkajs/src/protocol/encoder'

  function produce(request: produce.ProduceRequest): { apiKey: number; apiVersion: number; encode: () => Promise<Encoder> }
  namespace produce {
    interface ProduceRequest {
      acks: number
      timeout: number
      transactionalId?: string | null
      /** A number, or kafkajs' own Long. */
      producerId?: unknown
      producerEpoch?: number
      compression?: number
      topicData: {
        topic: string
        partitions: {
          partition: number
          firstSequence: number
          messages: { key?: Buffer | string | null; value: Buffer | string | null; headers?: Record<string, never>; timestamp?: string }[]
        }[]
      }[]
    }
  }
  export = produce
}
declare module 'kafkajs/src/producer/groupMessagesPerPartition' {
  import type group from './kafkajs-grouping'

  const groupMessagesPerPartition: typeof group
  export = groupMessagesPerPartition
}
