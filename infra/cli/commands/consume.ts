// What is flowing through a dataset's topic right now, and what becomes of it?
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Consumer, KafkaMessage } from 'kafkajs'
import { type Contract, compileValidator } from '../../../layers/contract'
import { PipelineError } from '../../../layers/errors'
import { closeKafka, clusterId, kafkaClient } from '../../../layers/event/kafka-client'
import { countsByDataset, type RecordCounts } from '../../../layers/store/counts'
import { closePools, poolFor } from '../../../layers/store/pool'
import { serverVariables } from '../../local/functions'
import type { Endpoints } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { untilInterrupted } from '../interrupt'

export interface ConsumeOptions {
  json?: boolean
  maxMessages?: number
  fromBeginning?: boolean
  /** Only the console: verdicts are made here, and no database is asked; so too with `fromBeginning`, where most was stored long ago. */
  testMode?: boolean
  /** Each message as well. */
  debug?: boolean
}

/** A line of statistics for so many records. */
const STATISTICS_EVERY = 50
/** How long the functions may take to store what was seen here. */
const SETTLE_MS = 20_000
const POLL_MS = 100
/** Keys that are remembered to tell duplicates; the oldest half is forgotten beyond it. */
const REMEMBERED_KEYS_MAX = 200_000

interface Statistics {
  processed: number
  valid: number
  invalid: number
  duplicates: number
}

const statisticsLine = ({ processed, valid, invalid, duplicates }: Statistics) =>
  `📊 Processed: ${processed} | Valid: ${valid} | Invalid: ${invalid} | Duplicates: ${duplicates}`

/** Judges messages as validate-message would, with a memory of keys in the place of the table. */
function judge(contract: Contract) {
  const validate = compileValidator(contract)
  const keyAt = contract.table.uniqueKey.map(name => contract.table.columns.findIndex(column => column.name === name))
  const total: Statistics = { processed: 0, valid: 0, invalid: 0, duplicates: 0 }
  let older = new Set<string>()
  let newer = new Set<string>()
  return {
    total,
    /** @returns why the message is invalid, or undefined */
    of(message: KafkaMessage): string | undefined {
      total.processed++
      const headers = message.headers ?? {}
      const verdict = validate({
        value: message.value,
        timestampMs: Number(message.timestamp),
        headers: name => {
          const value = [headers[name]].flat().at(-1)
          return value === undefined ? undefined : Buffer.from(value)
        }
      })
      if (!verdict.valid) {
        total.invalid++
        return verdict.reasons.map(reason => reason.message).join('; ')
      }
      const id = JSON.stringify(keyAt.map(at => verdict.row[at]))
      if (newer.has(id) || older.has(id)) total.duplicates++
      else total.valid++
      if (newer.add(id).size > REMEMBERED_KEYS_MAX) [older, newer] = [newer, new Set()]
      return undefined
    }
  }
}

/** What the functions stored since `before`. */
function stored(before: RecordCounts, now: RecordCounts): Statistics {
  const [valid, invalid, duplicates] = [now.valid - before.valid, now.quarantined - before.quarantined, now.duplicate - before.duplicate]
  return { processed: valid + invalid + duplicates, valid, invalid, duplicates }
}

async function readCounts(url: string, cluster: string, dataset: string): Promise<RecordCounts> {
  return (await countsByDataset(poolFor(url), cluster)).get(dataset) ?? { valid: 0, quarantined: 0, duplicate: 0, reasons: {} }
}

/** Reads until `signal`; resolves when the consumer has its partitions and calls `onMessage` for each record. */
async function subscribe(consumer: Consumer, contract: Contract, fromBeginning: boolean, onMessage: (m: KafkaMessage, p: number) => void) {
  await consumer.connect()
  await consumer.subscribe({ topic: contract.topic.name, fromBeginning })
  const joined = new Promise<void>(resolve => {
    const off = consumer.on(consumer.events.GROUP_JOIN, () => {
      off()
      resolve()
    })
  })
  await consumer.run({ autoCommit: false, eachMessage: async ({ message, partition }) => onMessage(message, partition) })
  await joined
}

/** Shows messages until Ctrl-C or `--max-messages`. */
export async function consume(context: Context, options: ConsumeOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  const say = (line: string) => void (context.json || process.stdout.write(`${line}\n`))
  const { endpoints } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  Object.assign(process.env, serverVariables(endpoints))
  const { signal, release } = untilInterrupted()
  const end = new AbortController()
  const consumer = kafkaClient(endpoints.kafka.split(',')).consumer({ groupId: `sluice-console-${randomBytes(4).toString('hex')}` })
  const judged = judge(contract)
  const show = (message: KafkaMessage, partition: number) => {
    if (end.signal.aborted || signal.aborted) return
    const problem = judged.of(message)
    if (options.debug)
      say(`${partition}:${message.offset} ${message.key?.toString() ?? '–'} ${message.value?.toString('utf8') ?? '(tombstone)'}`)
    if (problem !== undefined) say(`🔴 Invalid: ${problem}`)
    if (judged.total.processed % STATISTICS_EVERY === 0) say(statisticsLine(judged.total))
    if (judged.total.processed === options.maxMessages) end.abort()
  }
  try {
    const account = options.testMode || options.fromBeginning ? undefined : await databaseAccount(contract, endpoints)
    await subscribe(consumer, contract, options.fromBeginning ?? false, show).catch(cause => {
      throw new PipelineError('KAFKA_UNAVAILABLE', `Kafka at ${endpoints.kafka}: ${(cause as Error).message}`, { cause })
    })
    say('✅ Connected to Kafka consumer')
    if (account) say('✅ Connected to TimescaleDB')
    say(`🟢 Processing messages...${options.maxMessages === undefined ? ' Ctrl-C stops it' : ''}`)
    await new Promise<void>(resolve => {
      for (const each of [signal, end.signal]) {
        if (each.aborted) resolve()
        each.addEventListener('abort', () => resolve(), { once: true })
      }
    })
    const database = await account?.(judged.total.processed)
    if (context.json) printJson({ dataset, topic: contract.topic.name, ...judged.total, ...(database ? { stored: database } : {}) })
    else {
      say(statisticsLine(judged.total))
      if (database)
        say(`   in the tables meanwhile: ${database.valid} valid, ${database.invalid} quarantined, ${database.duplicates} duplicates`)
    }
    return exitCodes.ok
  } finally {
    release()
    await consumer.disconnect().catch(() => undefined)
    await Promise.all([closeKafka(), closePools()])
  }
}

/** Notes the counts of now; the answer waits, for a bounded time, until as many records more are stored. */
async function databaseAccount(contract: Contract, endpoints: Endpoints): Promise<(seen: number) => Promise<Statistics>> {
  const url = contract.store === 'timeseries' ? endpoints.timescale : endpoints.database
  const cluster = await clusterId()
  const before = await readCounts(url, cluster, contract.dataset)
  return async seen => {
    const deadline = performance.now() + SETTLE_MS
    for (;;) {
      const now = stored(before, await readCounts(url, cluster, contract.dataset))
      if (now.processed >= seen || performance.now() > deadline) return now
      await wait(POLL_MS)
    }
  }
}
