// How fast do filters decide? One core, a pattern of three conditions, values of about 200 bytes of JSON, in record batches as fetched.
// Run: npx tsx bench/filter.mts [records]      It prints CPU seconds, which other work on the machine does not change much.
import { createRequire } from 'node:module'

const [records = 2_000_000] = process.argv.slice(2).map(Number)
const require = createRequire(import.meta.url)
const { compileFilters } = require('../infra/event-source/src/filter') as typeof import('../infra/event-source/src/filter')
const { RecordBuffer } = require('../infra/event-source/src/record-buffer') as typeof import('../infra/event-source/src/record-buffer')
const { encodeBatch } = require('../infra/event-source/test/record-batches') as typeof import('../infra/event-source/test/record-batches')

const RECORDS_PER_BATCH = 1_000
const BATCHES = 20

function value(index: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      order_id: `order-${String(index).padStart(9, '0')}`,
      customer: { id: index % 977, country: ['DE', 'FR', 'US', 'JP'][index % 4], tags: ['new', 'web'] },
      amount: (index % 500) + 0.25,
      currency: 'EUR',
      status: index % 3 === 0 ? 'paid' : 'open',
      created_at: '2026-01-01T00:00:00.000Z',
      note: 'deliver to the back door'
    })
  )
}

const values = Array.from({ length: RECORDS_PER_BATCH * BATCHES }, (_, index) => value(index))
const pattern = JSON.stringify({
  value: { status: ['paid'], amount: [{ numeric: ['>=', 100, '<', 400] }], customer: { country: [{ 'anything-but': ['US', 'JP'] }] } }
})
const bytesPerValue = values.reduce((sum, each) => sum + each.length, 0) / values.length
console.log(`${pattern}\n${records} records, ${bytesPerValue.toFixed(0)} bytes of JSON each`)

function measure(name: string, run: () => { seen: number; passed: number }): void {
  run()
  const cpu = process.cpuUsage()
  let seen = 0
  let passed = 0
  while (seen < records) {
    const round = run()
    seen += round.seen
    passed += round.passed
  }
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (user + system) / 1e6
  console.log(`${name}: ${seconds.toFixed(2)} CPU seconds, ${Math.round(seen / seconds).toLocaleString('en')} records/s, ${passed} passed`)
}

const pass = compileFilters([pattern])
// in production too one object is filled anew for every record
const where = { bytes: values[0]!, valueAt: 0, valueLength: 0 }
const record: Parameters<typeof pass>[0] = {
  topic: 'orders',
  partition: 0,
  offset: 0,
  timestamp: 0,
  timestampType: 'CREATE_TIME',
  ...where
}
measure('filter alone', () => {
  let passed = 0
  for (const bytes of values) {
    record.bytes = bytes
    record.valueLength = bytes.length
    if (pass(record)) passed++
  }
  return { seen: values.length, passed }
})

const batches = Array.from({ length: BATCHES }, (_, batch) =>
  encodeBatch(
    values.slice(batch * RECORDS_PER_BATCH, (batch + 1) * RECORDS_PER_BATCH).map(bytes => ({ key: Buffer.from('key'), value: bytes })),
    { baseOffset: batch * RECORDS_PER_BATCH }
  )
)
const fill = (filter?: typeof pass) => () => {
  const buffer = new RecordBuffer('orders', new Map([[0, 0]]), filter)
  for (const batch of batches) buffer.add(0, batch, 0)
  return { seen: values.length, passed: buffer.held }
}
measure('record batches into the buffer, no filter', fill())
measure('record batches into the buffer, filtered', fill(pass))

measure('JSON.parse of the same values, for comparison', () => {
  let passed = 0
  for (const bytes of values) if (JSON.parse(bytes.toString()).status === 'paid') passed++
  return { seen: values.length, passed }
})
