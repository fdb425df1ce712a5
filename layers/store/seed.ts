// Which rows are there before the first record flows?
import type pg from 'pg'
import seedCleanProduct from '../../sql/queries/seed-clean-product.sql'
import seedRawProduct from '../../sql/queries/seed-raw-product.sql'
import seedSensorReadings from '../../sql/queries/seed-sensor-readings.sql'
import type { Contract } from '../contract'
import { cleanProducts, rawProducts, sampleReadings } from '../contract/generate'
import { connectedTo } from './connection'

/** The same sample on every machine, but for its times. */
const sampleSeed = 20_260_115
const batchId = 'sample'

const columnsOf = (rows: readonly (readonly unknown[])[], width: number) =>
  Array.from({ length: width }, (_, column) => rows.map(row => row[column]))

async function seedProducts(client: pg.Client): Promise<void> {
  for (const product of rawProducts) await client.query(seedRawProduct, [product.source, product, batchId])
  for (const { product_id, name, price, stock, category } of cleanProducts)
    await client.query(seedCleanProduct, [product_id, name, price, stock, category])
}

async function seedSensors(client: pg.Client, contract: Contract): Promise<void> {
  const rows = sampleReadings(contract, { seed: sampleSeed, nowMs: Date.now() }).map(row =>
    row.map((value, index) => (contract.table.columns[index]!.type === 'timestamptz' ? new Date(value as number) : value))
  )
  await client.query(seedSensorReadings, columnsOf(rows, contract.table.columns.length))
}

/**
 * Puts the sample rows into a database, once in its life: 4 raw and 3 clean products, 1,000 readings of the last two hours.
 * @param url of the schema's owner
 * @param contracts whose tables this database holds
 * @returns the datasets whose samples were put in
 */
export function seed(url: string, contracts: readonly Contract[]): Promise<string[]> {
  return connectedTo(url, async client => {
    await client.query('begin')
    const seeded: string[] = []
    for (const contract of contracts) {
      if (
        (await client.query('insert into seeded_datasets (dataset) values ($1) on conflict do nothing', [contract.dataset])).rowCount === 0
      )
        continue
      if (contract.dataset === 'products') await seedProducts(client)
      else if (contract.dataset === 'sensors') await seedSensors(client, contract)
      else continue
      seeded.push(contract.dataset)
    }
    await client.query('commit')
    return seeded
  })
}
