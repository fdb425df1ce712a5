import { join } from 'node:path'
import { contractOf } from '../../layers/contract'
import { writeTransactions } from '../../layers/contract/generate'
import { readCsv } from '../../layers/contract/read-csv'
import { refineLake } from './refine'
import { askLake, landRecords, testLake } from './testing'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
let made: ReturnType<typeof testLake>
beforeEach(() => {
  made = testLake()
})
afterEach(() => made.remove())

test('silver holds each good record of the generated export once; the others are counted with their reasons', async () => {
  const file = join(made.folder, 'export.csv')
  const oracle = await writeTransactions(contract, file, { rows: 20_000, seed: 7 })
  const objects = await landRecords(made.lake, readCsv(contract, file))
  expect(await refineLake(made.lake, contract)).toEqual({
    version: 1,
    versions: 1,
    objects,
    read: oracle.records,
    added: oracle.valid,
    duplicate: oracle.duplicate,
    refused: oracle.quarantined,
    reasons: oracle.reasons,
    corruptLines: 0,
    corrupt: [],
    silverRows: oracle.valid
  })
  expect(await askLake(made.lake, 'select count(distinct transaction_id)::integer as count from silver_transactions')).toEqual([
    { count: oracle.valid }
  ])
})
