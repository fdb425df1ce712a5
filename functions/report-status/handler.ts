// Someone asks over HTTP how the platform is: answered as JSON, as metrics, or as a page.
import { z } from 'zod'
import page from '../../infra/dashboard/page.html'
import { config } from '../../layers/config'
import { loadContracts } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { clusterId, sharedAdmin } from '../../layers/event/kafka-client'
import { consumedOffsets, countsByDataset, type RecordCounts, VALIDATION } from '../../layers/store/counts'
import { poolFor } from '../../layers/store/pool'
import definition from '../../serverless.yml'
import { metricsOf } from './metrics'
import { readScheduleReport, type ScheduleReport, schedulesOf } from './schedules'
import { type DatasetStatus, datasetStatus, type HighWatermarks } from './status'

/** The part of an HTTP API event (payload format 2.0) that is used. */
const httpEvent = z.looseObject({ rawPath: z.string().default('/') })

interface Accounts {
  counts: Map<string, RecordCounts>
  consumed: Map<string, number>
}

/** The accounts of every database; read one after the other, in the order in which they can only lag behind the topics. */
async function readAccounts(): Promise<Accounts> {
  const cluster = await clusterId()
  const { databaseUrl, timescaleUrl } = config()
  const accounts: Accounts = { counts: new Map(), consumed: new Map() }
  for (const url of new Set([databaseUrl, timescaleUrl])) {
    const pool = poolFor(url)
    for (const [dataset, counts] of await countsByDataset(pool, cluster)) accounts.counts.set(dataset, counts)
    for (const [partition, offset] of await consumedOffsets(pool, VALIDATION, cluster)) accounts.consumed.set(partition, offset)
  }
  return accounts
}

async function readHighWatermarks(topics: readonly string[]): Promise<HighWatermarks> {
  const admin = await sharedAdmin()
  const existing = new Set(await admin.listTopics())
  const offsets = await Promise.all(
    topics
      .filter(topic => existing.has(topic))
      .map(async topic =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [`${topic}-${partition}`, Number(high)] as const)
      )
  )
  return new Map(offsets.flat())
}

const schedules = schedulesOf(definition)
const readSchedules = (): Promise<ScheduleReport> => readScheduleReport(schedules, config().databaseUrl)

async function readStatus(): Promise<DatasetStatus[]> {
  const contracts = loadContracts()
  const { counts, consumed } = await readAccounts()
  const high = await readHighWatermarks(contracts.map(contract => contract.topic.name))
  return contracts.map(contract => datasetStatus(contract, counts.get(contract.dataset), consumed, high))
}

/** Asks both servers, and says of each whether it answered. */
async function readHealth(): Promise<{ healthy: boolean; checks: Record<string, string> }> {
  const { databaseUrl, timescaleUrl } = config()
  const probes: Record<string, () => Promise<unknown>> = {
    kafka: async () => (await sharedAdmin()).describeCluster(),
    database: () => poolFor(databaseUrl).query('select 1'),
    timescale: () => poolFor(timescaleUrl).query('select 1')
  }
  const answers = await Promise.all(
    Object.entries(probes).map(([name, probe]) =>
      probe().then(
        () => [name, 'ok'] as const,
        error => [name, error.message] as const
      )
    )
  )
  return { healthy: answers.every(([, answer]) => answer === 'ok'), checks: Object.fromEntries(answers) }
}

const answer = (statusCode: number, contentType: string, body: string) => ({
  statusCode,
  headers: { 'content-type': contentType, 'cache-control': 'no-store' },
  body
})
const json = (statusCode: number, value: unknown) => answer(statusCode, 'application/json; charset=utf-8', JSON.stringify(value))

const routes: Record<string, () => Promise<ReturnType<typeof answer>>> = {
  '/': async () => answer(200, 'text/html; charset=utf-8', page),
  '/status': async () => json(200, { datasets: await readStatus(), schedules: (await readSchedules()).schedules }),
  '/health': async () => {
    const { healthy, checks } = await readHealth()
    return json(healthy ? 200 : 503, { status: healthy ? 'ok' : 'failing', checks })
  },
  '/metrics': async () =>
    answer(200, 'text/plain; version=0.0.4; charset=utf-8', await metricsOf(await readStatus(), await readSchedules()))
}

export const handler = lambdaFunction('report-status', httpEvent, async event => {
  const route = routes[event.rawPath.replace(/(?<=.)\/$/, '')]
  return route ? route() : json(404, { error: `no page ${event.rawPath}`, pages: Object.keys(routes) })
})
