// Does the pipeline's reading of the real export agree with an independent count?
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractOf } from './load'
import { readCsv } from './read-csv'
import { countRecords } from './testing'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
const file = process.env['SLUICE_REAL_DATA'] ?? join(__dirname, '../../../shared/data/online-retail.csv')

/** The first 39,530 records of the UCI data set; the counts below are of this file, by Python's csv module. */
const DIGEST = '8e75f03206765e16359bd2613a05a18bd77287b6511585a0f741a81002f24699'
const there = existsSync(file) && createHash('sha256').update(readFileSync(file)).digest('hex') === DIGEST
const testWithFile = there ? test : test.skip

testWithFile(
  'the real export: 39,530 records are 38,833 valid, 203 quarantined and 494 duplicate (skipped where the file is not there)',
  async () => {
    const { rows, ...counts } = await countRecords(contract, readCsv(contract, file))
    expect(counts).toEqual({
      records: 39_530,
      valid: 38_833,
      quarantined: 203,
      duplicate: 494,
      reasons: { unit_price_out_of_range: 202, negative_quantity_without_cancellation: 69, unparsable_line: 1 }
    })
    const at = (name: string) => contract.table.columns.findIndex(column => column.name === name)
    const of = (name: string) => rows.map(row => row[at(name)])
    expect(of('is_cancellation').filter(Boolean)).toHaveLength(671)
    expect(of('customer_id').filter(id => id === null)).toHaveLength(13_565)
    const net = rows.reduce((sum, row) => sum + Math.round((row[at('quantity')] as number) * (row[at('unit_price')] as number) * 100), 0)
    expect(net).toBe(67_934_400)
    expect(of('description')).toContain('Dotcomgiftshop Gift Voucher £40.00')
  }
)
