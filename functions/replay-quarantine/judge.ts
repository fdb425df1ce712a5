// Which quarantined rows would the contract take now, and what is still wrong with the others?
import type { Contract, Reason, Validator } from '../../layers/contract'
import { shown } from '../../layers/contract/shown'
import { headers } from '../../layers/event/kafka-event'
import type { QuarantinedRow, StoredHeader } from '../../layers/store/quarantine'

/**
 * How often one record goes back at most. A record that is quarantined again and again is not mended by sending it once more; it stays in
 * the quarantine, and the replay counts it as refused.
 */
export const replaysMax = 3

/** Samples of each outcome that an answer shows. */
export const samplesMax = 5

const BASE64 = 'base64:'

/** `superseded`: it passes, and a newer record of its key has its place. */
export type Outcome = 'passes' | 'fails' | 'refused' | 'superseded'

export interface Judged {
  row: QuarantinedRow
  outcome: Outcome
  /** What is wrong under the current contract; empty where nothing is. */
  reasons: Reason[]
  /** The parsed message, where there is one. */
  raw: unknown
  /** The row that the record would be, in the order of the table's columns; where nothing is wrong. */
  values?: readonly unknown[]
}

/** A record as it is sent; a header that stands several times has a list. */
export interface ReplayMessage {
  key: Buffer | null
  value: Buffer | null
  /** Epoch milliseconds; -1 where the record had none. */
  timestamp: string
  headers: Record<string, Buffer | null | (Buffer | null)[]>
  partition?: number
}

export interface Sample {
  id: string
  outcome: Outcome
  topic: string
  partition: number
  offset: string
  /** What was said when the row was quarantined. */
  issues: string
  /** What is said now, with the value that fails; empty for a row that passes. */
  now: { code: string; field?: string; message: string; value?: string }[]
}

const bytesOf = (value: string | null): Buffer | null =>
  value === null ? null : value.startsWith(BASE64) ? Buffer.from(value.slice(BASE64.length), 'base64') : Buffer.from(value)

function lastHeader(stored: readonly StoredHeader[], name: string): Buffer | undefined {
  const found = stored.findLast(header => header.name === name)
  return found && (bytesOf(found.value) ?? Buffer.alloc(0))
}

/**
 * Judges a row as validate-message would judge the record today: the same value, timestamp and headers, the current contract.
 * @param superseded ids of rows whose place a newer record has
 */
export function judge(validate: Validator, row: QuarantinedRow, superseded?: ReadonlySet<string>): Judged {
  const stored = row.headers ?? []
  const verdict = validate({ value: row.value, timestampMs: row.recorded_ms ?? -1, headers: name => lastHeader(stored, name) })
  if (!verdict.valid) return { row, outcome: 'fails', reasons: verdict.reasons, raw: verdict.raw }
  const outcome = superseded?.has(row.id) ? 'superseded' : row.replay_count >= replaysMax ? 'refused' : 'passes'
  return { row, outcome, reasons: [], raw: undefined, values: verdict.row }
}

/**
 * The record to send: key, value, timestamp and headers as they came, with two of Sluice's own: how often it went back, and the run that
 * counts what becomes of it, in the place of the run that first produced it, whose account is closed.
 * @param partitions of the topic: the record goes back to its own partition where there is one
 */
export function messageOf(contract: Contract, row: QuarantinedRow, replayRun: string, partitions: number): ReplayMessage {
  const sent: ReplayMessage['headers'] = {}
  for (const { name, value } of row.headers ?? []) {
    if (name === headers.replay || name === headers.run) continue
    const before = sent[name]
    const bytes = bytesOf(value)
    sent[name] = before === undefined ? bytes : [before, bytes].flat()
  }
  sent[headers.run] = Buffer.from(replayRun)
  sent[headers.replay] = Buffer.from(String(row.replay_count + 1))
  return {
    key: row.key,
    value: row.value,
    timestamp: String(row.recorded_ms === null ? -1 : Math.round(row.recorded_ms)),
    headers: sent,
    ...(row.topic === contract.topic.name && row.partition < partitions ? { partition: row.partition } : {})
  }
}

function sampleOf({ row, outcome, reasons, raw }: Judged): Sample {
  const failing = (field: string | undefined) =>
    field !== undefined && typeof raw === 'object' && raw !== null && Object.hasOwn(raw, field)
      ? { value: shown((raw as Record<string, unknown>)[field]) }
      : {}
  return {
    id: row.id,
    outcome,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    issues: row.issues,
    now: reasons.map(({ code, field, message }) => ({ code, field: field && shown(field), message, ...failing(field) }))
  }
}

export interface Report {
  /** Rows looked at. */
  candidates: number
  passed: number
  /** Rows that pass and were sent back `replaysMax` times before. */
  refused: number
  /** Rows that are still bad. */
  failing: number
  /** Rows that pass and whose place a newer record of the same key has. */
  superseded: number
  /** Rows by reason code: with which they were quarantined, and which they would have now. */
  reasons: Record<string, { before: number; after: number }>
  samples: Sample[]
}

export const emptyReport = (): Report => ({ candidates: 0, passed: 0, refused: 0, failing: 0, superseded: 0, reasons: {}, samples: [] })

const counted = { passes: 'passed', fails: 'failing', refused: 'refused', superseded: 'superseded' } as const

/** Adds judged rows to a report. */
export function addToReport(report: Report, judged: readonly Judged[]): void {
  for (const each of judged) {
    report.candidates++
    report[counted[each.outcome]]++
    const count = (code: string) => (report.reasons[code] ??= { before: 0, after: 0 })
    for (const code of new Set(each.row.reasons)) count(code).before++
    for (const code of new Set(each.reasons.map(reason => reason.code))) count(code).after++
    if (report.samples.filter(sample => sample.outcome === each.outcome).length < samplesMax) report.samples.push(sampleOf(each))
  }
}
