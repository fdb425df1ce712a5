// Does a mapping keep its promises while everything fails: the handler, the command itself, a broker? The real command, killed again and again.
import { mkdtempSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { DeliveryLedger } from './delivery-ledger'
import { SampleService } from './serverless'
import { untilReady } from './until-ready'

const PARTITIONS = 6
const CHUNK = 200
/** The longest life of a process that is killed without waiting for its handler: the framework's start takes about as long. */
const YOUNG_LIFE_MS_MAX = 3_500
/** How many of the processes die that young. */
const YOUNG = 0.2
/** A number in a record's value: partition times this, and its place in the partition. */
const PARTITION_STRIDE = 1_000_000

export interface FaultRun {
  records: number
  kills: number
  /** The longest life of a process after its handler is there. */
  lifeMs: number
  /** Shown, so that a run can be repeated with the same handlers' fates. */
  seed: number
  brokers: string[]
  /** Stops the broker in the middle of the run and starts it again, same data, same port. */
  restart?: () => Promise<string>
}

/** The failures that the log must have shown, each by the name it has on Lambda. */
export const failureNames = [
  'TypeError',
  'RangeError',
  'Error',
  'string',
  'undefined',
  'Runtime.MarshalError',
  'Runtime.NodeJsExit',
  'Runtime.UnhandledException',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
  'Runtime.ImportModuleError',
  'Function.ResponseSizeTooLarge',
  'Sandbox.Timedout'
]

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Wakes whoever waits for a change in a folder. */
class Changes {
  private waiters: Array<() => void> = []
  private readonly watcher

  constructor(folder: string) {
    this.watcher = watch(folder, () => {
      for (const waiter of this.waiters.splice(0)) waiter()
    })
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.waiters.push(resolve))
  }

  close(): void {
    this.watcher.close()
  }
}

export interface FaultReport {
  /** Failures in the log, by name. */
  failures: Map<string, number>
  succeeded: number
  committed: Map<number, number>
  ends: Map<number, number>
  exitCode: number | null
  summary: string
}

/**
 * Runs it to its end.
 * @throws Error as soon as a record comes out of order, before a committed offset, or after one that is lost
 */
export async function faultRun({ records, kills, lifeMs, seed, brokers, restart }: FaultRun): Promise<FaultReport> {
  const startedAt = Date.now()
  const random = randomOf(seed)
  const topic = `faults-${process.pid}-${startedAt}`
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 1000 } })
  const admin = kafka.admin()
  const producer = kafka.producer()
  const folder = mkdtempSync(join(tmpdir(), 'faults-'))
  const changes = new Changes(folder)
  const ledger = new DeliveryLedger()
  const service = await SampleService.create('fault-service')
  const failures = new Map<string, number>()
  let producing = Promise.resolve()
  let produced = 0
  let restarted = 'not restarted'
  try {
    await Promise.all([admin.connect(), producer.connect()])
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] })
    const committed = async () => {
      const [found] = await untilReady(() => admin.fetchOffsets({ groupId: topic, topics: [topic] }))
      return new Map(found!.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]))
    }
    const environment = { TOPIC: topic, KAFKA_BROKERS: brokers.join(), FOLDER: folder, SEED: String(seed) }
    const journal = (run: number) => join(folder, String(run))
    /** The part of the records that the first `lives` processes get. */
    const produceUpTo = (lives: number) => {
      const until = Math.ceil((records * lives) / (kills + 1))
      producing = producing.then(async () => {
        await produce(producer, topic, produced, until)
        produced = until
      })
      producing.catch(() => {}) // told when it is awaited
    }
    for (let run = 0; run <= kills; run++) {
      const isOfRestart = restart !== undefined && run === Math.floor(kills / 2)
      produceUpTo(run + (isOfRestart ? 0.5 : 1))
      await service.start(['offline', 'start'], { ...environment, RUN: String(run) })
      /** Waits while the command runs; should it end by itself, that is the error. */
      const whileRunning = (work: Promise<void>) =>
        Promise.race([work, service.exitCode().then(code => Promise.reject(new Error(`the command ended by itself with ${code}`)))])
      const untilLedger = (condition: () => boolean) =>
        whileRunning(
          changes.until(() => {
            ledger.read(journal(run))
            return condition()
          })
        )
      if (run === kills) {
        await whileRunning(producing)
        await untilLedger(() => ledger.succeeded.size >= records)
      } else {
        const isYoung = random() < YOUNG
        if (isOfRestart) {
          await service.until(`handler of run ${run} loaded`)
          await service.livesFor(random() * lifeMs)
          restarted = await restart()
          ledger.read(journal(run))
          const before = ledger.successes
          produceUpTo(run + 1)
          // this process goes on, not only the next one
          await untilLedger(() => ledger.successes > before)
        } else if (!isYoung) await service.until(`handler of run ${run} loaded`)
        await service.livesFor(random() * (isYoung ? YOUNG_LIFE_MS_MAX : lifeMs))
        await service.kill()
        ledger.read(journal(run))
        ledger.killed(await committed())
        count(service.output, failures)
      }
    }
    const exitCode = await service.interrupt()
    count(service.output, failures)
    ledger.read(journal(kills))
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]))
    const invocations = [...ledger.ways].filter(([way]) => way !== 'loaded' && way !== 'import')
    const failed = [...failures].sort().map(([name, times]) => `${name} ${times}`)
    const summary = [
      `fault run, seed ${seed}: ${ledger.succeeded.size} of ${records} records in ${Math.round((Date.now() - startedAt) / 1000)} s`,
      `${kills} kills, broker ${restarted}, ${ledger.again} records delivered again after they had succeeded`,
      `${ledger.successes} successful of ${invocations.reduce((sum, [, times]) => sum + times, 0)} invocations; failures: ${failed.join(', ')}`
    ].join('\n  ')
    return { failures, succeeded: ledger.succeeded.size, committed: await committed(), ends, exitCode, summary }
  } catch (error) {
    process.stderr.write(`fault run, seed ${seed}: the command's last words:\n${service.output.slice(-4000)}\n`)
    throw error
  } finally {
    await producing.catch(() => {})
    await service.remove()
    await Promise.all([admin.disconnect(), producer.disconnect()])
    changes.close()
    ledger.close()
    rmSync(folder, { recursive: true })
  }
}

/** Records `from` to `until`, turn by turn over the partitions; what a broker that goes away may have taken comes twice. */
async function produce(producer: Producer, topic: string, from: number, until: number): Promise<void> {
  for (let at = from; at < until; at += CHUNK) {
    const messages = Array.from({ length: Math.min(CHUNK, until - at) }, (_, index) => {
      const partition = (at + index) % PARTITIONS
      return { partition, value: String(partition * PARTITION_STRIDE + Math.floor((at + index) / PARTITIONS)) }
    })
    await producer.send({ topic, messages })
  }
}

function count(output: string, failures: Map<string, number>): void {
  for (const [, name] of output.matchAll(/invocation failed: ([\w.]+):/g)) failures.set(name!, (failures.get(name!) ?? 0) + 1)
}
