// Do contracts, tables and topics agree before the first record comes?
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contract } from '../../layers/contract'
import type { Place } from './place'
import { readState, updateState } from './state'

/** The folder that functions read as well. */
export const contractsFolderOf = (place: Place): string => process.env['SLUICE_CONTRACTS'] || join(place.root, 'contracts')

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort()) if (name.endsWith('.odcs.yaml')) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}

/**
 * The contracts, checked. The check against the standard's JSON Schema takes a quarter of a second, so files that passed it are not checked again.
 * @throws PipelineError CONTRACT_INVALID
 */
export async function checkedContracts(place: Place): Promise<Contract[]> {
  const folder = contractsFolderOf(place)
  const hash = hashOf(folder)
  if (readState(place).contractsChecked === hash) return (await import('../../layers/contract')).loadContracts(folder)
  const contracts = (await import('../../layers/contract/check')).checkContracts(folder)
  updateState(place, { contractsChecked: hash })
  return contracts
}

/**
 * Migrates each database to the contracts and puts the sample rows into an empty one.
 * @param urls of roles that own the schema
 * @throws PipelineError MIGRATION_REFUSED, DATABASE_UNAVAILABLE
 */
export async function prepareDatabases(contracts: Contract[], urls: { databaseUrl: string; timescaleUrl: string }): Promise<void> {
  const [{ contractsByUrl, migrate }, { seed }] = await Promise.all([
    import('../../layers/store/migrate'),
    import('../../layers/store/seed')
  ])
  for (const [url, those] of contractsByUrl(contracts, urls)) {
    await migrate(url, those)
    await seed(url, those)
  }
}

/**
 * Makes the contracts' topics, so that mappings find them with the right number of partitions.
 * @throws PipelineError KAFKA_UNAVAILABLE
 */
export async function prepareTopics(contracts: Contract[], brokers: string): Promise<void> {
  const [{ Kafka, logLevel }, { createTopics }, { PipelineError }] = await Promise.all([
    import('kafkajs'),
    import('../../layers/event/kafka-client'),
    import('../../layers/errors')
  ])
  const admin = new Kafka({
    clientId: 'sluice-start',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 3, initialRetryTime: 50 }
  }).admin()
  try {
    await admin.connect()
    await createTopics(admin, contracts)
  } catch (cause) {
    throw new PipelineError('KAFKA_UNAVAILABLE', `Kafka at ${brokers}: ${(cause as Error).message}`, { cause })
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
