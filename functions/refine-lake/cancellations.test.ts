// Does the one statement match as somebody would who takes one cancellation after the other?
import fc from 'fast-check'
import { withDuckDb } from '../../layers/lake/duckdb'
import statement from '../../sql/lake/silver-cancellations.sql'
import { type Line, matchedBySteps } from './testing'

async function matchedByStatement(cases: Line[][]): Promise<Map<string, string>[]> {
  return withDuckDb(async connection => {
    await connection.run(`create table lines (transaction_id varchar, invoice_no varchar, invoice_date timestamptz,
      customer_id varchar, stock_code varchar, unit_price decimal(12, 4), quantity integer, is_cancellation boolean)`)
    const found: Map<string, string>[] = []
    for (const lines of cases) {
      await connection.run('delete from lines')
      const appender = await connection.createAppender('lines')
      for (const { id, customer, code, price, minute, quantity } of lines) {
        const time = new Date(Date.UTC(2010, 11, 1, 8, minute)).toISOString()
        for (const value of [id, id, time, customer, code, price, quantity, quantity < 0]) {
          if (value === null) appender.appendNull()
          else appender.appendVarchar(String(value))
        }
        appender.endRow()
      }
      appender.closeSync()
      await connection.run('create or replace temporary view silver_transactions as select * from lines')
      const rows = (await connection.runAndReadAll(statement)).getRowObjectsJson()
      expect(rows).toHaveLength(lines.filter(line => line.quantity < 0).length)
      for (const row of rows) expect(row['matched_quantity']).toBe(row['cancels_transaction_id'] === null ? '0' : row['cancelled_quantity'])
      found.push(
        new Map(
          rows
            .filter(row => row['cancels_transaction_id'] !== null)
            .map(row => [row['transaction_id'] as string, row['cancels_transaction_id'] as string])
        )
      )
    }
    return found
  })
}

const sale = (id: string, minute: number, quantity: number, customer: string | null = '17850'): Line => ({
  id,
  minute,
  quantity,
  customer,
  code: '85123A',
  price: 2.55
})

test.each<[string, Line[], Record<string, string>]>([
  ['the latest sale is taken back', [sale('a', 0, 6), sale('b', 1, 6), sale('x', 2, -6)], { x: 'b' }],
  ['a later sale is not', [sale('a', 3, 6), sale('x', 2, -6)], {}],
  ['nor one of fewer pieces', [sale('a', 0, 6), sale('b', 1, 2), sale('x', 2, -3)], { x: 'a' }],
  ['what an earlier cancellation took is not there any more', [sale('a', 0, 6), sale('x', 1, -4), sale('y', 2, -4)], { x: 'a' }],
  ['what it left is', [sale('a', 0, 6), sale('x', 1, -4), sale('y', 2, -2)], { x: 'a', y: 'a' }],
  ['a guest cannot be told', [sale('a', 0, 6, null), sale('x', 1, -6, null)], {}],
  ['another customer is another', [sale('a', 0, 6, '1'), sale('x', 1, -6, '2')], {}],
  ['another price is another', [sale('a', 0, 6), { ...sale('x', 1, -6), price: 2.5 }], {}],
  ['the most pieces that the column holds are no sale', [sale('a', 0, 2_147_483_647), sale('x', 1, -2_147_483_648)], {}]
])('%s', async (_title, lines, expected) => {
  expect(Object.fromEntries((await matchedByStatement([lines]))[0]!)).toEqual(expected)
})

test('the statement matches as one does who takes one cancellation after the other', async () => {
  const line = fc.record({
    customer: fc.constantFrom('1', '1', '2', null),
    code: fc.constantFrom('A', 'A', 'B'),
    price: fc.constantFrom(1, 1, 2.5),
    minute: fc.integer({ min: 0, max: 8 }),
    quantity: fc.integer({ min: -4, max: 6 }).filter(quantity => quantity !== 0)
  })
  const cases = fc
    .sample(fc.array(line, { maxLength: 25 }), { numRuns: 150, seed: 8 })
    .map(lines => lines.map((each, index) => ({ ...each, id: `t${String(index).padStart(2, '0')}` })))
  expect((await matchedByStatement(cases)).map(each => Object.fromEntries([...each].sort()))).toEqual(
    cases.map(lines => Object.fromEntries([...matchedBySteps(lines)].sort()))
  )
}, 120_000)
