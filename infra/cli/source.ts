// What has to be there before a run's first record can be sent?
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Contract } from '../../layers/contract'
import type { Endpoints } from '../local/state'
import type { Context } from './context'
import { answerOf } from './lambda'
import type { Progress } from './terminal'

export interface SourceRequest {
  context: Context
  contract: Contract
  endpoints: Endpoints
  options: { file?: string; count?: number; rate?: number; seed?: number; from?: 'database'; testMode?: boolean }
  progress: Progress
  say(sentence: string): void
}

/** The year of market data is the same for everybody who gives no other seed. */
const MARKET_SEED = 2024
const HISTORY_DAYS = 7
const TEST_MODE_HISTORY_DAYS = 1

/** The generated year as a Parquet file; made anew each time, because the same seed gives the same bytes. */
async function marketYear({ context, options, say }: SourceRequest): Promise<string> {
  const { writeMarketYear } = await import('../../layers/contract/generate/market')
  const file = join(context.place.root, 'data', 'synthetic_data.parquet')
  mkdirSync(dirname(file), { recursive: true })
  await writeMarketYear(file, { seed: options.seed ?? MARKET_SEED, rows: options.count })
  say('Data saved as Parquet.')
  return file
}

/** Devices, locations, and the readings of the last days; what is there already stays as it is. */
async function iotHistory({ endpoints, options, say }: SourceRequest): Promise<void> {
  const days = options.testMode ? TEST_MODE_HISTORY_DAYS : HISTORY_DAYS
  const history = await answerOf<Record<string, number>>(endpoints.lambda, 'enrich-warehouse', { history: { days, seed: options.seed } })
  say(
    `History of ${days} day${days === 1 ? '' : 's'}: ${Object.entries(history)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}.`
  )
}

async function sourceTable(request: SourceRequest): Promise<void> {
  const { loadSourceTable } = await import('./source-table')
  const { loaded, rejected } = await loadSourceTable(request)
  request.say(`${request.contract.incrementalLoad!.table}: ${loaded} rows loaded, ${rejected} lines kept apart.`)
}

/**
 * Makes what the dataset's records come from.
 * @returns the event for the function that sends them
 * @throws what the functions and files throw
 */
export async function prepareSource(request: SourceRequest): Promise<Record<string, unknown>> {
  const { contract, options } = request
  const { count, rate, seed, file } = options
  if (options.from === 'database') {
    await sourceTable(request)
    return { dataset: contract.dataset }
  }
  if (contract.warehouse) await iotHistory(request)
  const generated = contract.dataset === 'market' && file === undefined ? await marketYear(request) : undefined
  return { dataset: contract.dataset, file: file ?? generated, count, rate, seed }
}
