// Which records does a function report as failed? The rules of ReportBatchItemFailures.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html and, for malformed identifiers,
// what the same feature does for Kinesis.
import { type EventRecord, sectionOf } from '../event/event'

/** `none`: the batch succeeded. `all`: the response cannot be trusted, so that the whole batch failed. */
export type ItemFailures = { kind: 'none' } | { kind: 'some'; failed: EventRecord[] } | { kind: 'all'; reason: string }

const none: ItemFailures = { kind: 'none' }

/** The answers of a batch without failures that need not be read: nothing, and the list that the documentation shows. */
export function isPlainSuccess(payload: string): boolean {
  return payload === 'null' || payload === '{"batchItemFailures":[]}'
}

/**
 * Reads a function's answer to a batch.
 * @param payload the answer's JSON
 * @param records asked for only when something failed, as that is rare and costs something: the records of the event it answers
 */
export function readItemFailures(payload: string, records: () => readonly EventRecord[]): ItemFailures {
  const response: unknown = JSON.parse(payload)
  if (response === null || response === '' || (Array.isArray(response) && response.length === 0)) return none
  // undocumented on AWS: an answer that is no object at all is rubbish, and rubbish is no success
  if (typeof response !== 'object' || Array.isArray(response)) return all(`the response is ${cut(payload)}, not an object`)
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures
  if (failures === undefined || failures === null) return none
  if (!Array.isArray(failures)) return all(`batchItemFailures is ${cut(JSON.stringify(failures))}, not a list`)
  return failures.length === 0 ? none : match(failures, records())
}

function match(failures: unknown[], records: readonly EventRecord[]): ItemFailures {
  const byIdentifier = new Map(records.map(record => [`${sectionOf(record)}@${record.offset}`, record]))
  const failed = new Set<EventRecord>()
  for (const failure of failures) {
    const identifier = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier
    const { partition, offset } = (typeof identifier === 'object' && identifier !== null ? identifier : {}) as Record<string, unknown>
    if (typeof partition !== 'string' || typeof offset !== 'number') {
      return all(`${cut(JSON.stringify(failure))} has no itemIdentifier like {"partition": "topic-0", "offset": 100}`)
    }
    const record = byIdentifier.get(`${partition}@${offset}`)
    if (!record) return all(`the event has no record with offset ${offset} of ${partition}`)
    failed.add(record)
  }
  return { kind: 'some', failed: records.filter(record => failed.has(record)) }
}

function all(reason: string): ItemFailures {
  return { kind: 'all', reason: `the partial batch response is not valid: ${reason}` }
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
