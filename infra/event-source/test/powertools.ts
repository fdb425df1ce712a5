// Do AWS's own libraries for functions take an event? Powertools' schema has to parse it, Powertools' consumer to decode it.
import { kafkaConsumer } from '@aws-lambda-powertools/kafka'
import { KafkaMskEventSchema, KafkaRecordSchema, KafkaSelfManagedEventSchema } from '@aws-lambda-powertools/parser/schemas/kafka'
import type { Context } from 'aws-lambda'
import { z } from 'zod'

/** What a function with Powertools sees of a record; a null or empty key, and the value of a tombstone, are undefined. */
export interface SeenRecord {
  key: string | undefined
  value: string | undefined
  headers: Array<Record<string, string>>
}

// the published schema of a record wants a value, though Lambda leaves out that of a tombstone
const record = KafkaRecordSchema.extend({ value: KafkaRecordSchema.shape.value.optional() }).strict()
const records = z.record(z.string(), z.array(record).nonempty())
const schemas = {
  SelfManagedKafka: KafkaSelfManagedEventSchema.extend({ records }).strict(),
  'aws:kafka': KafkaMskEventSchema.extend({ records }).strict()
}

/** @param expected in the order of partitions and offsets */
export async function expectPowertoolsTakes(event: object, expected: readonly SeenRecord[]): Promise<void> {
  const source = (event as { eventSource: keyof typeof schemas }).eventSource
  const parsed = schemas[source].parse(event)
  const isAscending = (left: { partition: number; offset: number }, right: { partition: number; offset: number }) =>
    left.partition - right.partition || left.offset - right.offset
  const fromSchema = Object.values(parsed.records).flat().sort(isAscending)
  expect(fromSchema.map(({ key, value }) => ({ key: key || undefined, value }))).toEqual(expected.map(({ key, value }) => ({ key, value })))

  const consume = kafkaConsumer<string, string>(async ({ records: seen }) =>
    [...seen].sort(isAscending).map(({ key, value, headers }) => ({ key, value, headers }))
  )
  expect(await consume(structuredClone(event) as Parameters<typeof consume>[0], {} as Context)).toEqual(expected)
}
