// What becomes of each record of a batch: a row of the clean table, or of the quarantine with every reason?
import type { Contract, Reason, Verdict } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import {
  headerBytes,
  headerOf,
  headers,
  type KafkaEventRecord,
  keyBytes,
  type PartitionRecords,
  runIdPattern,
  valueBytes
} from '../../layers/event/kafka-event'
import type { DecidedRecords } from '../../layers/store/batch'

type Validator = (record: { value: Buffer | null; timestampMs: number; headers: (name: string) => Buffer | undefined }) => Verdict

/** The last instant that both JavaScript and Postgres can name. */
const epochMsMax = 8.64e15

const textOf = (record: KafkaEventRecord, name: string) => headerOf(record, name)?.toString('latin1')

function isSame(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}

/** A reader of run ids that remembers the last one: most records of a batch belong to the same run. */
function runIdReader(): (record: KafkaEventRecord) => string {
  let lastBytes: readonly number[] = []
  let lastId = ''
  return record => {
    const bytes = headerBytes(record, headers.run)
    if (bytes === undefined) return ''
    if (isSame(bytes, lastBytes)) return lastId
    const text = Buffer.from(bytes).toString('latin1')
    lastBytes = bytes
    // anybody may write the header: what is no run id counts as none
    return (lastId = runIdPattern.test(text) ? text : '')
  }
}

/** Text that names its bytes and no others, so that a replay sends the same header. */
const isShown = (text: string, value: Buffer) =>
  Buffer.from(text, 'utf8').equals(value) && !text.includes('\0') && !text.startsWith('base64:')

/** Header values as text where they are text, for people who look; the bytes of others in base64. */
function headersForPeople(record: KafkaEventRecord): { name: string; value: string | null }[] {
  return record.headers.flatMap(header =>
    Object.entries(header).map(([name, bytes]) => {
      if (bytes === null) return { name, value: null }
      const value = Buffer.from(bytes)
      const text = value.toString('utf8')
      return {
        name: name.replaceAll('\0', '\uFFFD'),
        value: isShown(text, value) ? text : `base64:${value.toString('base64')}`
      }
    })
  )
}

/** How often the record came back from the quarantine; what is no such number counts as never. */
function replayCount(record: KafkaEventRecord): number {
  const text = textOf(record, headers.replay)
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0
}

/** One row of the quarantine table, in the order of `quarantineColumns` and the contract's extra columns. */
function quarantineRow(
  contract: Contract,
  record: KafkaEventRecord,
  value: Buffer | null,
  reasons: Reason[],
  raw: unknown,
  extra: unknown[]
): unknown[] {
  const line = Number(textOf(record, headers.line))
  return [
    raw,
    reasons.map(reason => reason.message).join('; '),
    reasons.map(reason => reason.code),
    value,
    keyBytes(record),
    headersForPeople(record),
    record.topic,
    record.partition,
    record.offset,
    Number.isSafeInteger(line) && line > 0 ? line : null,
    contract.version,
    record.timestamp >= 0 && record.timestamp <= epochMsMax ? record.timestamp : null,
    replayCount(record),
    ...extra
  ]
}

/** The policy `freeze` lets nothing of a batch pass in which a record has another shape than the contract's. */
function frozen(contract: Contract, { topic, partition, offset }: KafkaEventRecord, { message }: Reason): PipelineError {
  return new PipelineError(
    'SCHEMA_FROZEN',
    `${contract.dataset}: record ${topic}-${partition}@${offset} is not of the contract's shape (version ${contract.version}): ${message}. Nothing of its batch is stored`
  )
}

/**
 * Decides about the records of some partitions; pure.
 * @param contract of the dataset
 * @param validate compiled from the contract
 * @param partitions the records, already without those that were stored before
 * @returns a group for each partition and run, in the order of the records
 * @throws PipelineError SCHEMA_FROZEN for a record of another shape under the policy `freeze`
 */
export function decideRecords(contract: Contract, validate: Validator, partitions: readonly PartitionRecords[]): DecidedRecords[] {
  const runIdOf = runIdReader()
  return partitions.flatMap(({ topic, partition, records }) => {
    const groups = new Map<string, DecidedRecords>()
    for (const record of records) {
      const runId = runIdOf(record)
      let group = groups.get(runId)
      if (!group) groups.set(runId, (group = { topic, partition, runId, rows: [], quarantined: [], reasons: new Map() }))
      const value = valueBytes(record)
      const verdict = validate({ value, timestampMs: record.timestamp, headers: name => headerOf(record, name) })
      if (verdict.valid) group.rows.push(verdict.row)
      else if (verdict.frozen) throw frozen(contract, record, verdict.frozen)
      else {
        group.quarantined.push(quarantineRow(contract, record, value, verdict.reasons, verdict.raw, verdict.extra))
        for (const code of new Set(verdict.reasons.map(reason => reason.code))) group.reasons.set(code, (group.reasons.get(code) ?? 0) + 1)
      }
    }
    return [...groups.values()]
  })
}
