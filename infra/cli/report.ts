// What do the functions say about the datasets?
import type { DatasetStatus } from '../../functions/report-status/status'
import type { ScheduleStatus } from '../../layers/schedule/status'

export interface Report {
  datasets: DatasetStatus[]
  schedules: ScheduleStatus[]
}

async function fetchJson<T>(url: string, timeoutMs: number): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), headers: { connection: 'close' } })
    return answer.ok ? ((await answer.json()) as T) : undefined
  } catch {
    return undefined
  }
}

/**
 * Asks report-status.
 * @returns undefined when it does not answer within the time
 */
export function fetchReport(http: string, timeoutMs: number): Promise<Report | undefined> {
  return fetchJson<Report>(`${http}/status`, timeoutMs)
}

/** What the event source says of one mapping, of what it says. */
export interface MappingLine {
  function: string
  topic: string
  group: string
  state: string
  lastProcessingResult: string
  pollers: number
  records: number
  invocations: number
  failures: number
  discarded: number
  filtered: number
  lag: number
}

/**
 * Asks the Kafka event source of the functions.
 * @returns undefined when it does not answer within the time
 */
export async function fetchMappings(url: string, timeoutMs: number): Promise<MappingLine[] | undefined> {
  return (await fetchJson<{ mappings: MappingLine[] }>(url, timeoutMs))?.mappings
}

const shown = (count: number | null) => (count === null ? '–' : count.toLocaleString('en-US'))

/** One line of a dataset: `sensors  1,020 produced = 990 valid + 25 quarantined + 5 duplicate + 0 in flight`. */
export function datasetLine(
  status: { dataset: string } & Record<'produced' | 'valid' | 'quarantined' | 'duplicate' | 'in_flight', number | null>
): string {
  const { dataset, produced, valid, quarantined, duplicate, in_flight } = status
  const parts = `${shown(valid)} valid + ${shown(quarantined)} quarantined + ${shown(duplicate)} duplicate + ${shown(in_flight)} in flight`
  return `${dataset.padEnd(14)}${shown(produced).padStart(11)} produced = ${parts}`
}

/** The cells of a mapping's line: `validate-message  products_raw  Enabled  1 poller  1,020 records  lag 0  OK`. */
export const mappingCells = (mapping: MappingLine): string[] => [
  mapping.function,
  mapping.topic,
  mapping.state,
  `${mapping.pollers} poller${mapping.pollers === 1 ? '' : 's'}`,
  `${shown(mapping.records)} records`,
  ...[`${shown(mapping.failures)} failed`, `lag ${shown(mapping.lag)}`, mapping.lastProcessingResult]
]
