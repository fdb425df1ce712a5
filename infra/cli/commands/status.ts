// What runs, where, and where is every record?
import { loadContracts } from '../../../layers/contract'
import type { ScheduleStatus } from '../../../layers/schedule/status'
import { isAlive } from '../../local/processes'
import { contractsFolderOf } from '../../local/schema'
import { readSecrets } from '../../local/secrets'
import { liveState, readState, type ServiceState } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'
import { datasetLine, fetchMappings, fetchReport, type MappingLine, mappingCells } from '../report'
import { paint, table } from '../terminal'

const REPORT_TIMEOUT_MS = 3_000

type ServiceLine = Pick<ServiceState, 'name' | 'state' | 'port' | 'restarts'> & { pid?: number }

export interface Status {
  services: ServiceLine[]
  /** Empty when nothing runs. */
  endpoints: Record<string, string>
  /** Counts are null where nobody can be asked: they are in the database. */
  datasets: (Record<'produced' | 'valid' | 'quarantined' | 'duplicate' | 'in_flight' | 'lag_records', number | null> & {
    dataset: string
    topic: string
  })[]
  /** With next and last run; empty when nobody can be asked. */
  schedules: ScheduleStatus[]
  /** The Kafka mappings with their counters since the functions started; empty when nobody can be asked. */
  mappings: MappingLine[]
}

function servicesOf(context: Context, isUp: boolean): ServiceLine[] {
  const known = readState(context.place).services ?? []
  return (['postgres', 'kafka', 'functions'] as const).map(name => {
    const found = known.find(service => service.name === name)
    if (!isUp || found === undefined) return { name, state: 'stopped' }
    const { state, port, restarts, process: found_process } = found
    const isGone = state === 'running' && found_process !== undefined && !isAlive(found_process)
    return { name, state: isGone ? 'stopped' : state, port, pid: found_process?.pid, restarts }
  })
}

/** Read from the state file and the running functions; never starts anything. */
export async function readStatus(context: Context): Promise<Status> {
  const live = liveState(context.place)
  const services = servicesOf(context, live !== undefined)
  const endpoints = { ...live?.endpoints }
  const [report, mappings = []] = await Promise.all([
    endpoints.http === undefined ? undefined : fetchReport(endpoints.http, REPORT_TIMEOUT_MS),
    endpoints.mappings === undefined ? undefined : fetchMappings(endpoints.mappings, REPORT_TIMEOUT_MS)
  ])
  const schedules = report?.schedules ?? []
  if (report) return { services, endpoints, datasets: report.datasets, schedules, mappings }
  const unknown = { produced: null, valid: null, quarantined: null, duplicate: null, in_flight: null, lag_records: null }
  const datasets = loadContracts(contractsFolderOf(context.place)).map(({ dataset, topic }) => ({ dataset, topic: topic.name, ...unknown }))
  return { services, endpoints, datasets, schedules, mappings }
}

/** The URL to look with: select only, where the database is ours. */
export function readerUrl(context: Context, endpoints: Record<string, string>): string | undefined {
  const secrets = readSecrets(context.place.secretsFile)
  const url = endpoints['database']
  if (url === undefined || !url.startsWith('postgres://sluice_app:') || secrets === undefined) return url
  return url.replace(/\/\/sluice_app:[^@]*@/, `//sluice_reader:${secrets.sluice_reader}@`)
}

export async function status(context: Context): Promise<number> {
  const found = await readStatus(context)
  if (context.json) {
    printJson(found)
    return exitCodes.ok
  }
  const colour = (state: string) =>
    paint(state === 'running' || state === 'external' ? 'green' : state === 'stopped' ? 'dim' : 'yellow', state)
  const lines = found.services.map(({ name, state, port, pid }) => [
    name,
    colour(state),
    port === undefined ? '' : `port ${port}`,
    pid === undefined ? '' : `process ${pid}`
  ])
  const { kafka, dashboard, lambda } = found.endpoints
  const reader = readerUrl(context, found.endpoints)
  const addresses = [
    ...(dashboard ? [['dashboard', dashboard]] : []),
    ...(kafka ? [['Kafka', kafka]] : []),
    ...(lambda ? [['Lambda', lambda]] : []),
    ...(reader ? [['Postgres', `psql '${reader}'`]] : [])
  ]
  const blocks = [table(lines), table(addresses), found.datasets.map(datasetLine).join('\n'), table(found.mappings.map(mappingCells))]
  if (found.endpoints['http'] === undefined) blocks.push('Nothing runs. Start with `npx sluice start`.')
  process.stdout.write(`${blocks.filter(block => block !== '').join('\n\n')}\n`)
  return exitCodes.ok
}
