// What do the functions say about the datasets?
import type { DatasetStatus } from '../../functions/report-status/status'
import type { ScheduleStatus } from '../../layers/schedule/status'

export interface Report {
  datasets: DatasetStatus[]
  schedules: ScheduleStatus[]
}

/**
 * Asks report-status.
 * @returns undefined when it does not answer within the time
 */
export async function fetchReport(http: string, timeoutMs: number): Promise<Report | undefined> {
  try {
    const answer = await fetch(`${http}/status`, { signal: AbortSignal.timeout(timeoutMs), headers: { connection: 'close' } })
    return answer.ok ? ((await answer.json()) as Report) : undefined
  } catch {
    return undefined
  }
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
