// How does an empty or an older database get to the schema that this version needs?
import { createHash } from 'node:crypto'
import type pg from 'pg'
import partitionFunctions from '../../sql/definitions/dwh_partitions.sql'
import viewAnomalyTrends from '../../sql/definitions/dwh_v_anomaly_trends_7d.sql'
import viewLatestReadings from '../../sql/definitions/dwh_v_latest_readings.sql'
import definitionDatasetCounts from '../../sql/definitions/v_dataset_counts.sql'
import definitionDatasetQuality from '../../sql/definitions/v_dataset_quality.sql'
import accounting from '../../sql/migrations/0001_accounting.sql'
import sensorWindows from '../../sql/migrations/0002_sensor_windows.sql'
import rawProducts from '../../sql/migrations/0003_raw_products.sql'
import seededDatasets from '../../sql/migrations/0004_seeded_datasets.sql'
import summaries from '../../sql/migrations/0005_summaries.sql'
import extraction from '../../sql/migrations/0006_extraction.sql'
import warehouse from '../../sql/migrations/0007_warehouse.sql'
import predictions from '../../sql/migrations/0008_predictions.sql'
import scheduleRuns from '../../sql/migrations/0009_schedule_runs.sql'
import replays from '../../sql/migrations/0010_replays.sql'
import backfills from '../../sql/migrations/0011_backfills.sql'
import gold from '../../sql/migrations/0012_gold.sql'
import iotSources from '../../sql/migrations/0013_iot_sources.sql'
import dimensionSources from '../../sql/migrations/0014_dimension_sources.sql'
import changedSpans from '../../sql/migrations/0015_changed_spans.sql'
import catalogColumns from '../../sql/queries/catalog-columns.sql'
import catalogConstraints from '../../sql/queries/catalog-constraints.sql'
import hypertableCreate from '../../sql/queries/hypertable-create.sql'
import schemaDump from '../../sql/queries/schema-dump.sql'
import timescaleAvailable from '../../sql/queries/timescale-available.sql'
import warehouseCompression from '../../sql/queries/warehouse-compression.sql'
import warehouseHypertables from '../../sql/queries/warehouse-hypertables.sql'
import { type CatalogColumn, type CatalogConstraint, type Contract, tableStatements, viewStatements } from '../contract'
import { PipelineError } from '../errors'
import { connectedTo } from './connection'
import { fillColumns } from './fill-columns'

/** Run once each, in this order, forward only. */
const migrations = {
  '0001_accounting': accounting,
  '0002_sensor_windows': sensorWindows,
  '0003_raw_products': rawProducts,
  '0004_seeded_datasets': seededDatasets,
  '0005_summaries': summaries,
  '0006_extraction': extraction,
  '0007_warehouse': warehouse,
  '0008_predictions': predictions,
  '0009_schedule_runs': scheduleRuns,
  '0010_replays': replays,
  '0011_backfills': backfills,
  '0012_gold': gold,
  '0013_iot_sources': iotSources,
  '0014_dimension_sources': dimensionSources,
  '0015_changed_spans': changedSpans
}
/** Replaced at every migrate. */
const definitions = [definitionDatasetCounts, definitionDatasetQuality, partitionFunctions, viewLatestReadings, viewAnomalyTrends]
/** One migrate at a time in a database: `sluice` as a number. */
const lockKey = 0x5111ce

const checksumOf = (sql: string) => createHash('sha256').update(sql).digest('hex').slice(0, 16)

async function runMigrations(client: pg.Client): Promise<string[]> {
  await client.query(
    'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())'
  )
  const applied = new Map((await client.query('select name, checksum from schema_migrations')).rows.map(row => [row.name, row.checksum]))
  const run: string[] = []
  for (const [name, sql] of Object.entries(migrations)) {
    const checksum = checksumOf(sql)
    if (applied.get(name) === checksum) continue
    if (applied.has(name))
      throw new PipelineError('MIGRATION_REFUSED', `sql/migrations/${name}.sql was changed after it was applied to this database`, {
        remedy: 'Restore the file and put the change into a new migration.'
      })
    await client.query(sql)
    await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [name, checksum])
    run.push(name)
  }
  return run
}

/** Tables of the contracts: made, or widened by what a newer contract adds. */
async function contractTables(client: pg.Client, contracts: readonly Contract[]): Promise<string[]> {
  const columns = (await client.query<CatalogColumn>(catalogColumns)).rows
  const constraints = (await client.query<CatalogConstraint>(catalogConstraints)).rows
  const statements = contracts.flatMap(contract => tableStatements(contract, columns, constraints))
  for (const statement of statements) await client.query(statement)
  for (const contract of contracts) statements.push(...(await fillColumns(client, contract, columns)))
  return statements
}

async function hypertables(client: pg.Client, contracts: readonly Contract[]): Promise<void> {
  if ((await client.query(timescaleAvailable)).rowCount === 0) return
  await client.query('create extension if not exists timescaledb')
  for (const contract of contracts) {
    if (contract.store !== 'timeseries' || !contract.timeColumn) continue
    await client.query(hypertableCreate, [contract.table.name, contract.timeColumn])
  }
  await client.query(warehouseHypertables)
  await client.query(warehouseCompression)
}

/**
 * Brings a database to this version's schema, in one transaction.
 * @param url of a role that owns the schema
 * @param contracts whose tables belong into this database
 * @returns what was run; empty when nothing had to be
 * @throws PipelineError MIGRATION_REFUSED naming what cannot be changed without loss; DATABASE_UNAVAILABLE
 */
export function migrate(url: string, contracts: readonly Contract[]): Promise<string[]> {
  return connectedTo(url, async client => {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [lockKey])
    await client.query('set local client_min_messages = warning')
    const run = [...(await runMigrations(client)), ...(await contractTables(client, contracts))]
    for (const definition of [...contracts.flatMap(viewStatements), ...definitions]) await client.query(definition)
    await hypertables(client, contracts)
    await client.query('commit')
    return run
  })
}

/** Contracts by the database that keeps their tables. */
export function contractsByUrl(
  contracts: readonly Contract[],
  urls: { databaseUrl: string; timescaleUrl: string }
): Map<string, Contract[]> {
  const byUrl = new Map<string, Contract[]>([[urls.databaseUrl, []]])
  for (const contract of contracts) {
    const url = contract.store === 'timeseries' ? urls.timescaleUrl : urls.databaseUrl
    byUrl.set(url, [...(byUrl.get(url) ?? []), contract])
  }
  return byUrl
}

/** The schema as text, one line for each table, column, constraint, index and view. */
export function dumpSchema(url: string): Promise<string> {
  return connectedTo(url, async client => `${(await client.query<{ line: string }>(schemaDump)).rows.map(row => row.line).join('\n')}\n`)
}
