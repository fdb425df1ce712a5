// Once its records are stored: through which further stages does a dataset go, and how does a run know that each is complete?
import { setTimeout as wait } from 'node:timers/promises'
import type { Contract } from '../../layers/contract'
import { nearest } from '../../layers/contract/identifiers'
import { PipelineError } from '../../layers/errors'
import { kafkaClient } from '../../layers/event/kafka-client'
import { consumedOffsets, LANDING } from '../../layers/store/counts'
import { poolFor } from '../../layers/store/pool'
import { summaryCounts } from '../../layers/store/summary-counts'
import type { Endpoints } from '../local/state'
import { usageError } from './context'
import { answerOf } from './lambda'
import type { Progress } from './terminal'

/** In the order of the flow. */
export const stageNames = ['clean', 'summaries', 'lake', 'gold', 'warehouse', 'features'] as const
export type StageName = (typeof stageNames)[number]

/** What has to be done before a stage. */
const before: Record<StageName, StageName[]> = {
  clean: [],
  summaries: [],
  lake: [],
  gold: ['lake'],
  warehouse: ['summaries'],
  features: ['summaries', 'warehouse']
}

/** How far a dataset goes when nobody says. */
const usualStage: Record<string, StageName> = { market: 'summaries', iot: 'warehouse' }

/** Datasets whose bronze objects `refine-lake` knows. */
const refined = new Set(['transactions'])

/** The stages that a dataset has, by its contract. */
function stagesOf(contract: Contract): StageName[] {
  const has: Record<StageName, boolean> = {
    clean: true,
    summaries: contract.summaries.length > 0,
    lake: contract.landing !== undefined,
    gold: refined.has(contract.dataset),
    warehouse: contract.warehouse,
    features: contract.warehouse
  }
  return stageNames.filter(stage => has[stage])
}

/**
 * The stages of a run after `clean`, in order.
 * @param to the last one; undefined for the usual one of the dataset
 * @throws PipelineError USAGE naming the stages that the dataset has
 */
export function stagesTo(contract: Contract, to: string | undefined): StageName[] {
  const known = stagesOf(contract)
  const last = to ?? usualStage[contract.dataset] ?? 'clean'
  const stage = known.find(name => name === last)
  if (!stage) throw usageError(`--to: '${contract.dataset}' has no stage '${last}'`, nearest(last, known), known)
  return [...before[stage], stage].filter(name => name !== 'clean')
}

export interface StageContext {
  contract: Contract
  endpoints: Endpoints
  progress: Progress
}

/** What a stage answers: its function's result, or what was counted. */
export type StageResult = object

/** A batch waits for more records up to the contract's interval; so much more for writing it. */
const LANDING_SLACK_MS = 60_000
const POLL_MS = 200
/** Records may arrive while their windows are computed; how often it is tried again. */
const SUMMARY_ATTEMPTS = 5

/** Every window that has rows has its line in the summary, and no other has. */
async function summaries({ contract, endpoints }: StageContext): Promise<StageResult> {
  const url = contract.store === 'timeseries' ? endpoints.timescale : endpoints.database
  for (let attempt = 1; ; attempt++) {
    await answerOf<StageResult>(endpoints.lambda, 'aggregate-window', { dataset: contract.dataset })
    const { tables, pending } = await summaryCounts(poolFor(url), contract)
    const wrong = tables.find(({ rows, expected }) => rows !== expected)
    if (!wrong) return tables
    if (!pending || attempt === SUMMARY_ATTEMPTS)
      throw new PipelineError(
        'SERVICE_FAILED',
        `${wrong.table} has ${wrong.rows} windows of ${wrong.minutes} minutes; its rows make ${wrong.expected}`
      )
  }
}

/** The offset after the last record of each partition. */
async function endOffsets(brokers: string, topic: string): Promise<{ clusterId: string; ends: Map<string, number> }> {
  const admin = kafkaClient(brokers.split(',')).admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    return {
      clusterId: (await admin.describeCluster()).clusterId,
      ends: new Map(offsets.map(({ partition, high }) => [`${topic}-${partition}`, Number(high)]))
    }
  } finally {
    await admin.disconnect()
  }
}

/** Everything that the topic held when the stage began is in the lake. */
async function landed({ contract, endpoints, progress }: StageContext): Promise<StageResult> {
  const { clusterId, ends } = await endOffsets(endpoints.kafka, contract.topic.name)
  const total = [...ends.values()].reduce((sum, end) => sum + end, 0)
  const deadline = performance.now() + contract.landing!.flushIntervalSeconds * 1000 + LANDING_SLACK_MS
  let moved = -1
  for (;;) {
    const consumed = await consumedOffsets(poolFor(endpoints.database), LANDING, clusterId)
    const done = [...ends].reduce((sum, [partition, end]) => sum + Math.min(end, consumed.get(partition) ?? 0), 0)
    if (done >= total) return { landed: total, lake: endpoints.lake }
    progress.show(done, total, `${done.toLocaleString('en-US')} records landed`)
    if (done === moved && performance.now() > deadline)
      throw new PipelineError(
        'TIMED_OUT',
        `${contract.topic.name}: ${done} of ${total} records landed in the lake, and no more for a while`,
        {
          remedy: `Landing of a large stream is off until the services are started with LAND_${contract.dataset.toUpperCase()}=true; else see .sluice/logs/functions.log.`
        }
      )
    moved = done
    await wait(POLL_MS)
  }
}

const stages: Record<Exclude<StageName, 'clean'>, (context: StageContext) => Promise<StageResult>> = {
  summaries,
  lake: landed,
  gold: ({ endpoints }) => answerOf<StageResult>(endpoints.lambda, 'refine-lake', {}),
  warehouse: ({ endpoints }) => answerOf<StageResult>(endpoints.lambda, 'enrich-warehouse', {}),
  features: ({ endpoints }) => answerOf<StageResult>(endpoints.lambda, 'export-features', { train: true })
}

/**
 * Runs one stage to its end.
 * @throws PipelineError SERVICE_FAILED when its function fails or its numbers do not add up; TIMED_OUT
 */
export function runStage(name: StageName, context: StageContext): Promise<StageResult> {
  return name === 'clean' ? Promise.resolve({}) : stages[name](context)
}
