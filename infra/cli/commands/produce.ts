// How does a simulator send its records until somebody stops it, and what does it say meanwhile?
import { setTimeout as wait } from 'node:timers/promises'
import { type Contract, compileValidator } from '../../../layers/contract'
import { generate } from '../../../layers/contract/generate'
import { PipelineError } from '../../../layers/errors'
import { closeKafka, ensureTopic, sharedProducer } from '../../../layers/event/kafka-client'
import { sendAll } from '../../../layers/event/send'
import { serverVariables } from '../../local/functions'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { untilInterrupted } from '../interrupt'
import { paint } from '../terminal'

export interface ProduceOptions {
  json?: boolean
  /** Seconds between two batches. */
  interval: number
  /** Records in a batch; without it as many as the contract's `readingsPerSecond` gives in an interval. */
  batch?: number
  seed?: number
  /** Ends after a minute. */
  testMode?: boolean
}

const TEST_MODE_MS = 60_000
const DEFAULT_RECORDS_PER_SECOND = 10
/** A line of progress for so many records. */
const PROGRESS_EVERY = 50

interface Sent {
  sent: number
  invalid: number
  duplicate: number
}

/** Counts what goes out and says what is wrong with it on purpose. */
function announcer(contract: Contract, say: (line: string) => void) {
  const validate = compileValidator(contract)
  const total: Sent = { sent: 0, invalid: 0, duplicate: 0 }
  const keyAt = contract.table.uniqueKey.map(name => contract.table.columns.findIndex(column => column.name === name))
  let previous = new Set<string>()
  return {
    total,
    of(records: { key: string | null; value: string | Buffer }[]) {
      const current = new Set<string>()
      for (const { key, value } of records) {
        const verdict = validate({ value: Buffer.from(value as string), timestampMs: Date.now(), headers: () => undefined })
        const id = verdict.valid ? JSON.stringify(keyAt.map(at => verdict.row[at])) : undefined
        if (!verdict.valid) {
          total.invalid++
          const { field, message } = verdict.reasons[0]!
          say(`🔴 Sending INVALID ${field ?? 'record'}: ${message.slice(message.indexOf(': ') + 1).trim()}`)
        } else if (current.has(id!) || previous.has(id!)) {
          total.duplicate++
          say(`🟡 Sending DUPLICATE from ${key}`)
        } else current.add(id!)
        total.sent++
        if (total.sent % PROGRESS_EVERY === 0) say(`✅ Sent ${total.sent} readings...`)
      }
      previous = current
    }
  }
}

/** Sends a batch an interval, each dated within the interval that has just passed, until `signal`. */
async function stream(contract: Contract, options: ProduceOptions, signal: AbortSignal, announce: ReturnType<typeof announcer>) {
  const producer = await sharedProducer()
  await ensureTopic(contract)
  const intervalMs = options.interval * 1000
  const perSecond = contract.generator['readingsPerSecond'] ?? DEFAULT_RECORDS_PER_SECOND
  const count = options.batch ?? Math.max(1, Math.round(perSecond * options.interval))
  const seed = options.seed ?? Date.now() % 2 ** 31
  let due = Date.now()
  for (let turn = 0; !signal.aborted; turn++) {
    const request = { count, seed: seed + turn, startTimeMs: due - intervalMs, perSecond: count / options.interval }
    for await (const chunk of generate(contract, request)) {
      await sendAll(producer, contract.topic, [chunk], undefined)
      announce.of(chunk)
    }
    due = Math.max(due, Date.now() - intervalMs) + intervalMs
    await wait(Math.max(0, due - Date.now()), undefined, { signal }).catch(() => undefined)
  }
}

/** Runs until Ctrl-C, or for a minute with `--test-mode`. */
export async function produce(context: Context, options: ProduceOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  if (contract.source.kind !== 'simulator')
    throw new PipelineError('USAGE', `'${dataset}' has no simulator: it comes from a ${contract.source.kind} file`, {
      remedy: `Use \`npx sluice run ${dataset} [--file F]\`.`
    })
  const say = (line: string) => void (context.json || process.stdout.write(`${line}\n`))
  const { endpoints } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  Object.assign(process.env, serverVariables(endpoints))
  const announce = announcer(contract, say)
  const { signal, release } = untilInterrupted(options.testMode ? TEST_MODE_MS : undefined)
  try {
    await sharedProducer()
    say(`✅ Connected to Kafka broker at ${endpoints.kafka}`)
    say(`🟢 Generating data...${options.testMode ? ' (test mode: one minute)' : ' Ctrl-C stops it'}`)
    await stream(contract, options, signal, announce)
  } finally {
    release()
    await closeKafka()
  }
  const { sent, invalid, duplicate } = announce.total
  if (context.json) printJson({ dataset, topic: contract.topic.name, ...announce.total })
  else say(paint('bold', `Sent ${sent} records to ${contract.topic.name}: ${invalid} invalid and ${duplicate} duplicates among them.`))
  return exitCodes.ok
}
