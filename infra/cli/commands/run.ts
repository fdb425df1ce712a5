// How does a dataset go through its pipeline with one command?
import { randomBytes } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Contract } from '../../../layers/contract'
import { PipelineError } from '../../../layers/errors'
import { closePools } from '../../../layers/store/pool'
import { externalServers } from '../../local/external'
import { checkServiceDefinition } from '../../local/service-definition'
import type { Endpoints } from '../../local/state'
import { type Account, accountOf, accountTable, isComplete, type Produced } from '../account'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { answerOf } from '../lambda'
import { prepareSource } from '../source'
import { runStage, type StageName, type StageResult, stagesTo } from '../stages'
import { Progress, paint, table } from '../terminal'

export interface RunOptions {
  json?: boolean
  count?: number
  file?: string
  rate?: number
  seed?: number
  /** Where the records come from: the generator or a file straight to the topic, or the source database by way of extract-increment. */
  from?: 'database'
  /** The last stage. */
  to?: string
  /** Little data. */
  testMode?: boolean
  /** Checks everything that a run needs to be told, and runs nothing. */
  validateOnly?: boolean
}

/** Records of a run in test mode. */
const TEST_MODE_RECORDS = 1_000

function checkedFile(context: Context, contract: Contract, given: string): string {
  const file = resolve(context.cwd, given)
  if (contract.source.kind === 'simulator') {
    throw new PipelineError('USAGE', `--file: '${contract.dataset}' comes from the simulator, not from a file`, {
      remedy: 'Leave --file out.'
    })
  }
  try {
    accessSync(file, constants.R_OK)
    if (!statSync(file).isFile()) throw new Error('it is not a file')
  } catch (cause) {
    throw new PipelineError('SOURCE_UNREADABLE', `--file ${given}: ${(cause as Error).message}`, { cause })
  }
  return file
}

/** What `--validate-only` looks at: the environment, every contract, serverless.yml. */
async function validate(context: Context, contract: Contract, stages: StageName[]): Promise<number> {
  const { checkContracts } = await import('../../../layers/contract/check')
  const { contractsFolderOf } = await import('../../local/schema')
  externalServers(process.env)
  const contracts = checkContracts(contractsFolderOf(context.place)).length
  checkServiceDefinition(context.place)
  if (context.json)
    printJson({ valid: true, dataset: contract.dataset, version: contract.version, contracts, stages: ['clean', ...stages] })
  else
    process.stdout.write(
      `Valid: the environment, ${contracts} contracts, serverless.yml. ${contract.dataset} ${contract.version} would go through ${['clean', ...stages].join(', ')}. Nothing was run.\n`
    )
  return exitCodes.ok
}

/** Sends the records and waits for what became of them. */
async function account(contract: Contract, endpoints: Endpoints, options: RunOptions, event: Record<string, unknown>, progress: Progress) {
  // short: it travels in a header of every record
  const run = randomBytes(6).toString('base64url')
  const url = contract.store === 'timeseries' ? endpoints.timescale : endpoints.database
  const sender = options.from === 'database' ? 'extract-increment' : 'produce-batch'
  const producing = answerOf<Produced>(endpoints.lambda, sender, { ...event, run })
  const { produced, started_at, counts } = await accountOf(url, run, producing, options.count, progress)
  const elapsed = Math.max(1, Date.now() - started_at) / 1000
  const result: Account = {
    dataset: contract.dataset,
    produced,
    valid: counts.valid,
    quarantined: counts.quarantined,
    duplicate: counts.duplicate,
    reasons: counts.reasons,
    seconds: Number(elapsed.toFixed(3)),
    records_per_second: Math.round(produced / elapsed)
  }
  return result
}

/** A stage's answer as lines: a table for rows, name and value for the rest; what is empty is left out. */
function stageText(name: StageName, result: StageResult, seconds: number): string {
  const cell = (value: unknown) => {
    if (typeof value === 'number' || typeof value === 'string') return value
    const parts = value !== null && typeof value === 'object' ? Object.entries(value) : []
    return Array.isArray(value) ? value.map(String).join(', ') : parts.map(([key, count]) => `${key} ${count}`).join(', ')
  }
  const rows = Array.isArray(result)
    ? [Object.keys(result[0] ?? {}), ...result.map(row => Object.values(row).map(cell))]
    : Object.entries(result).flatMap(([key, value]) => (cell(value) === '' ? [] : [[key, cell(value)]]))
  return `${paint('bold', name)} ${paint('dim', `${seconds} s`)}\n${table(rows)}\n`
}

export async function run(context: Context, options: RunOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  const stages = stagesTo(contract, options.to)
  const file = options.file === undefined ? undefined : checkedFile(context, contract, options.file)
  if (options.from === 'database' && !contract.incrementalLoad)
    throw new PipelineError('USAGE', `--from database: the contract of '${dataset}' has no incrementalLoad`, {
      remedy: 'Leave --from out.'
    })
  if (options.validateOnly) return validate(context, contract, stages)
  const { endpoints, started } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  const progress = new Progress(!context.json)
  const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)
  const limited = options.testMode ? { ...options, count: options.count ?? TEST_MODE_RECORDS } : options
  try {
    const event = await prepareSource({ context, contract, endpoints, options: { ...limited, file }, progress, say })
    const result = await account(contract, endpoints, limited, event, progress)
    progress.clear()
    if (!context.json) process.stdout.write(accountTable(result))
    const answers: Partial<Record<StageName, StageResult>> = {}
    for (const stage of isComplete(result) ? stages : []) {
      const stageAt = performance.now()
      const answer = await runStage(stage, { contract, endpoints, progress })
      answers[stage] = answer
      progress.clear()
      if (!context.json) process.stdout.write(stageText(stage, answer, Number(((performance.now() - stageAt) / 1000).toFixed(2))))
    }
    if (context.json) printJson(stages.length === 0 ? result : { ...result, stages: answers })
    return isComplete(result) ? exitCodes.ok : exitCodes.failed
  } finally {
    progress.clear()
    await closePools()
    if (started) process.stderr.write('The services keep running; `npx sluice stop` ends them.\n')
  }
}
