// What does a function get? The rules of the event's shape.
import { gzipSync } from 'node:zlib'
import type { Harness } from '../harness'
import { expectPowertoolsTakes } from '../powertools'

const text = (value: string) => Buffer.from(value)

/** @param create a harness with a topic of so many partitions */
export function eventRules(create: (partitions?: number) => Promise<Harness>, brokers: () => string[]): void {
  /** What a function gets of records that were written to one partition in one batch. */
  async function deliveredOf(records: Parameters<Harness['append']>[1], batch?: Parameters<Harness['append']>[2]) {
    const harness = await create(1)
    await harness.append(0, records, batch)
    harness.start()
    await harness.until(() => harness.succeeded().length === records.length)
    return harness.eventRecords()
  }

  test('the event has the shape that AWS documents', async () => {
    const harness = await create(1)
    await harness.produce([
      { key: 'k', value: 'v', headers: { a: 'hi' }, timestamp: '1700000000123' },
      { key: null, value: null, timestamp: '1700000000124' }
    ])
    harness.start()
    await harness.until(() => harness.succeeded().length === 2)
    const common = { topic: harness.topic, partition: 0, timestampType: 'CREATE_TIME' }
    expect(harness.deliveries.map(({ event }) => event)).toEqual([
      {
        eventSource: 'SelfManagedKafka',
        bootstrapServers: brokers().join(','),
        records: {
          [`${harness.topic}-0`]: [
            { ...common, offset: 0, timestamp: 1700000000123, key: 'aw==', value: 'dg==', headers: [{ a: [104, 105] }] },
            { ...common, offset: 1, timestamp: 1700000000124, headers: [] }
          ]
        }
      }
    ])
  })

  test('an msk event has the source aws:kafka and the ARN of its cluster', async () => {
    const harness = await create(1)
    const arn = 'arn:aws:kafka:us-east-1:000000000000:cluster/main/0f2c-1'
    await harness.fill(1, 1)
    harness.start({ source: 'msk', arn })
    await harness.until(() => harness.deliveries.length === 1)
    const { records, ...head } = harness.deliveries[0]!.event!
    expect(head).toEqual({ eventSource: 'aws:kafka', eventSourceArn: arn, bootstrapServers: brokers().join(',') })
    expect(Object.keys(records)).toEqual([`${harness.topic}-0`])
  })

  test('one event holds records of several partitions, a list for each, in order of their offsets', async () => {
    const harness = await create(3)
    const messages = [0, 1, 2, 0, 1].map((partition, index) => ({ partition, value: String(index) }))
    await harness.produce(messages)
    harness.start({ batchSize: 5, windowMs: 60_000 })
    await harness.until(() => harness.deliveries.length === 1)
    const { records } = harness.deliveries[0]!.event!
    expect(Object.keys(records).sort()).toEqual([0, 1, 2].map(partition => `${harness.topic}-${partition}`))
    expect(Object.values(records).flatMap(list => list.map(({ partition, offset }) => `${partition}/${offset}`))).toEqual(
      expect.arrayContaining(['0/0', '0/1', '1/0', '1/1', '2/0'])
    )
    for (const list of Object.values(records)) expect(list.map(({ offset }) => offset)).toEqual(list.map((_, index) => index))
  })

  test('a null key has no property, an empty key is an empty string', async () => {
    const records = await deliveredOf([
      { key: null, value: text('v') },
      { key: Buffer.alloc(0), value: text('v') }
    ])
    expect(records.map(record => ('key' in record ? record['key'] : 'absent'))).toEqual(['absent', ''])
  })

  test('a tombstone has no value, an empty value is an empty string', async () => {
    const records = await deliveredOf([
      { key: text('k'), value: null },
      { key: text('k'), value: Buffer.alloc(0) }
    ])
    expect(records.map(record => ('value' in record ? record['value'] : 'absent'))).toEqual(['absent', ''])
  })

  test('headers keep their order and their duplicates, one object each; none is an empty list', async () => {
    const headers: Array<[string, Buffer]> = [
      ['b', text('1')],
      ['a', text('hi')],
      ['b', text('2')],
      ['10', text('')],
      ['ü', text('3')]
    ]
    const records = await deliveredOf([
      { key: null, value: text('v'), headers },
      { key: null, value: text('v') }
    ])
    const expected = [{ b: [49] }, { a: [104, 105] }, { b: [50] }, { 10: [] }, { ü: [51] }]
    expect(records.map(record => record['headers'])).toEqual([expected, []])
  })

  test('bytes of a header are 0 to 255, and a null value is an empty list', async () => {
    const headers: Array<[string, Buffer | null]> = [
      ['bytes', Buffer.from([0, 127, 128, 255])],
      ['null', null]
    ]
    const [record] = await deliveredOf([{ key: null, value: text('v'), headers }])
    expect(record!['headers']).toEqual([{ bytes: [0, 127, 128, 255] }, { null: [] }])
  })

  test('in a topic with LogAppendTime the timestamp is the one of the broker, and its type says so', async () => {
    const harness = await create()
    await harness.createTopic(1, harness.topic, [{ name: 'message.timestamp.type', value: 'LogAppendTime' }])
    const before = Date.now()
    await harness.produce([{ value: 'v', timestamp: '1600000000000' }])
    harness.start()
    await harness.until(() => harness.succeeded().length === 1)
    const [{ timestamp, timestampType }] = harness.eventRecords() as [{ timestamp: number; timestampType: string }]
    expect(timestampType).toBe('LOG_APPEND_TIME')
    // a minute for brokers on machines with other clocks
    expect(Math.abs(timestamp - before)).toBeLessThan(60_000)
  })

  test('compressed batches are read', async () => {
    const records = await deliveredOf([{ key: null, value: text('inside') }], { codec: 1, compress: plain => gzipSync(plain) })
    expect(records).toMatchObject([{ value: text('inside').toString('base64') }])
  })

  test('Powertools take the event: its schema parses it, its consumer gives key, value and headers back', async () => {
    const harness = await create(2)
    const headers: Array<[string, Buffer]> = [
      ['trace', text('é')],
      ['trace', text('2')]
    ]
    await harness.append(0, [
      { key: text('kéy'), value: text('{"id":1}'), headers },
      { key: null, value: text('keyless') },
      { key: text('gone'), value: null }
    ])
    await harness.append(1, [{ key: Buffer.alloc(0), value: Buffer.alloc(0) }])
    harness.start({ batchSize: 4, windowMs: 60_000 })
    const arn = 'arn:aws:kafka:us-east-1:000000000000:cluster/main/0f2c-1'
    harness.start({ source: 'msk', arn, group: `${harness.topic}-msk`, batchSize: 4, windowMs: 60_000 })
    await harness.until(() => harness.deliveries.length === 2)
    for (const { event } of harness.deliveries) {
      await expectPowertoolsTakes(event!, [
        { key: 'kéy', value: '{"id":1}', headers: [{ trace: 'é' }, { trace: '2' }] },
        { key: undefined, value: 'keyless', headers: [] },
        { key: 'gone', value: undefined, headers: [] },
        { key: undefined, value: '', headers: [] }
      ])
    }
  })
}
