// How does the source table of a dataset get its rows on this machine?
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contract } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import type { LoadedTransactions } from '../../layers/source/load-transactions'
import type { Endpoints } from '../local/state'
import type { Progress } from './terminal'

export interface SourceTableRequest {
  contract: Contract
  endpoints: Pick<Endpoints, 'database'>
  options: { file?: string; count?: number; seed?: number }
  progress?: Progress
}

const DEFAULT_ROWS = 1000
const DEFAULT_SEED = 1

/**
 * Loads a file, or a generated one, into the dataset's source table; rows that it has already stay.
 * @param request `options.file` is absolute; without it `options.count` lines are generated
 * @returns how many records the file held, how many are rows now, how many were kept apart
 * @throws PipelineError USAGE for a dataset without such a table; SOURCE_UNREADABLE, DATABASE_UNAVAILABLE
 */
export async function loadSourceTable({ contract, endpoints, options, progress }: SourceTableRequest): Promise<LoadedTransactions> {
  const table = contract.incrementalLoad?.table
  if (table !== 'sales_db.transactions')
    throw new PipelineError('USAGE', `'${contract.dataset}' has no source table that can be loaded`, { remedy: 'Load transactions.' })
  const { loadTransactions } = await import('../../layers/source/load-transactions')
  const { file, count, seed = DEFAULT_SEED } = options
  const load = (path: string, total: number | undefined) =>
    loadTransactions(endpoints.database, contract, path, {
      count: total,
      onProgress: lines => progress?.show(lines, total, `${lines.toLocaleString('en-US')} lines read`)
    })
  if (file !== undefined) return load(file, count)
  const { writeTransactions } = await import('../../layers/contract/generate/transactions')
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'))
  try {
    const generated = join(folder, 'transactions.csv')
    const rows = count ?? contract.generator['rows'] ?? DEFAULT_ROWS
    await writeTransactions(contract, generated, { rows, seed })
    return await load(generated, rows)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
