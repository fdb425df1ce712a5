// Which rows of a time range were missing, and are they back?
import { parseIso } from '../../../layers/contract/timestamp'
import { PipelineError } from '../../../layers/errors'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { untilInterrupted } from '../interrupt'
import { answerOf } from '../lambda'
import { Progress } from '../terminal'

export interface BackfillOptions {
  json?: boolean
  from: string
  to: string
  partition?: number[]
  by: 'record-time' | 'event-time'
}

/** Of backfill-dataset's answer what is used. */
interface Answer {
  id: string
  finished: boolean
  done: number
  total: number
  records: number
  restored: number
  present: number
  invalid: number
}

const usage = (message: string, remedy: string) => new PipelineError('USAGE', message, { remedy })

function instant(flag: string, text: string): number {
  const ms = parseIso(text)
  if (typeof ms === 'number') return ms
  throw usage(`${flag}: '${text}' is no time with a zone`, 'Write it as 2026-01-31T08:15:00Z or 2026-01-31T09:15:00+01:00.')
}

function checkRange({ from, to }: BackfillOptions): void {
  const [start, end] = [instant('--from', from), instant('--to', to)]
  if (start >= end) throw usage(`--from ${from} is not before --to ${to}`, 'The range holds --from and ends before --to.')
  const later = start > Date.now() ? `--from ${from}` : end > Date.now() ? `--to ${to}` : undefined
  if (later) throw usage(`${later} lies in the future`, 'Records may still come into that range: end it at a time that is over.')
}

async function checkPartitions(brokers: string, topic: string, wanted: readonly number[]): Promise<void> {
  if (wanted.length === 0) return
  const { Kafka, logLevel } = await import('kafkajs')
  const admin = new Kafka({ clientId: 'sluice-backfill', brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    const there = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition).sort((a, b) => a - b)
    const unknown = wanted.find(partition => !there.includes(partition))
    if (unknown !== undefined) throw usage(`--partition ${unknown}: ${topic} has no such partition`, `It has ${there.join(', ')}.`)
  } finally {
    await admin.disconnect()
  }
}

/** `sluice backfill <dataset>`: invokes backfill-dataset until the range is worked off; after an interruption the same command goes on. */
export async function backfill(context: Context, options: BackfillOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  checkRange(options)
  const { partition: partitions = [], from, to, by } = options
  const { endpoints, started } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  await checkPartitions(endpoints.kafka, contract.topic.name, partitions)
  const progress = new Progress(!context.json)
  const interrupted = untilInterrupted()
  const event = { dataset, from, to, by, ...(partitions.length > 0 ? { partitions } : {}) }
  try {
    let answer: Answer
    do {
      answer = await answerOf<Answer>(endpoints.lambda, 'backfill-dataset', event)
      progress.show(answer.done, answer.total, `${answer.restored.toLocaleString('en-US')} rows restored`)
    } while (!answer.finished && !interrupted.signal.aborted)
    progress.clear()
    const { records, restored, present, invalid } = answer
    if (context.json) printJson({ ...answer, from, to, by })
    else
      process.stdout.write(
        `${dataset}: ${records.toLocaleString('en-US')} records of the range = ${restored.toLocaleString('en-US')} restored + ${present.toLocaleString('en-US')} present + ${invalid.toLocaleString('en-US')} invalid\n`
      )
    if (answer.finished) return exitCodes.ok
    process.stderr.write('Not finished; the same command goes on.\n')
    return exitCodes.interrupted
  } finally {
    progress.clear()
    interrupted.release()
    if (started) process.stderr.write('The services keep running; `npx sluice stop` ends them.\n')
  }
}
