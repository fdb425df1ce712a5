// How do `serverless offline` and `serverless invoke local` find their servers on a plain checkout?
import { PipelineError } from '../../layers/errors'
import { type FunctionEndpoints, READY_MESSAGE, serverVariables } from './functions'
import { placeOf } from './place'
import { defaultPorts, freePort, mappingsUrl } from './ports'
import { type ScheduledService, takeSchedules } from './schedules'
import { checkServiceDefinition } from './service-definition'
import type { Stack } from './stack'
import { type Endpoints, readState, updateState } from './state'

interface Serverless {
  serviceDir: string
  processedInput?: { commands?: string[] }
  service: ScheduledService & {
    provider: { environment?: Record<string, unknown> }
    custom?: Record<string, Record<string, unknown> | undefined>
  }
  pluginManager: { plugins: OfflinePlugin[] }
}

/** Of serverless-offline the methods that its plain command calls by name. */
interface OfflinePlugin {
  constructor: { name: string }
  start?(): Promise<void>
  end?(skipExit?: boolean): Promise<void>
}

interface Options {
  httpPort?: number
  lambdaPort?: number
}

interface Utils {
  log: { notice(text: string): void; error(text: string): void }
}

/** Exit code for what only the user can correct. */
const EXIT_MALFORMED = 2

/** The framework would refuse a malformed event too, later and with exit code 1. */
function orEnd<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    process.stderr.write(`error: ${error.message}\n${error.remedy}\n`)
    process.exit(EXIT_MALFORMED)
  }
}

/** A process whose parent is gone ends by itself within this time. */
const ORPHAN_MS = 2_000

/** Before serverless writes provider.environment into it: what the user set, and so the only servers that count as external. */
const userEnvironment = { ...process.env }

/**
 * | command                   | services come up at         | and go down at                                  |
 * |---------------------------|-----------------------------|-------------------------------------------------|
 * | `offline start`           | before:offline:start:init   | offline:start:end, after every plugin's `before:` |
 * | `offline`                 | before:offline:start        | the `end` of serverless-offline, which then exits |
 * | `invoke local`            | before:invoke:local:invoke  | finalize, or error                                |
 *
 * Schedules run from when the Lambda endpoint answers until the end begins. Other commands are not touched. What runs already is used and left running.
 */
export default class LocalServices {
  readonly hooks: Record<string, () => Promise<void> | void>
  readonly #serverless: Serverless
  readonly #options: Options
  readonly #utils: Utils
  #up: Promise<void> | undefined
  #stack: Stack | undefined
  #startScheduler: (() => { stop(): Promise<void> }) | undefined
  #scheduler: { stop(): Promise<void> } | undefined
  #hasInvoked = false

  constructor(serverless: Serverless, options: Options, utils: Utils) {
    this.#serverless = serverless
    this.#options = options
    this.#utils = utils
    // a supervisor has checked the events itself
    if (!userEnvironment['SLUICE_SUPERVISED'] && serverless.processedInput?.commands?.[0] === 'offline')
      orEnd(() => checkServiceDefinition({ root: serverless.serviceDir }))
    const offline = () => (this.#up ??= this.#forOffline())
    this.hooks = {
      'before:offline:start': offline,
      'before:offline:start:init': offline,
      'before:offline:start:ready': () => this.#ready(),
      // other plugins end in this hook, too, and may take their time: our part of it is not waited for
      'before:offline:start:end': () => void this.#scheduler?.stop(),
      'offline:start:end': () => this.#down(),
      'before:invoke:local:invoke': () => this.#forInvoke(),
      error: () => this.#down(),
      finalize: () => this.#finishInvoke()
    }
  }

  get #place() {
    return placeOf(this.#serverless.serviceDir, userEnvironment['SLUICE_STATE'] || undefined)
  }

  async #forOffline(): Promise<void> {
    this.#startScheduler = orEnd(() => takeSchedules(this.#serverless.service, sentence => this.#utils.log.notice(sentence)))
    this.#wrapOffline()
    if (userEnvironment['SLUICE_SUPERVISED']) return this.#underSupervisor()
    const { endpoints, functionsRun } = await this.#ensure('offline')
    const custom = (this.#serverless.service.custom ??= {})
    const settings = (custom['serverless-offline'] ??= {})
    const recorded = readState(this.#place).ports
    const http = this.#options.httpPort ?? (await freePort([Number(settings['httpPort'] ?? recorded?.http ?? 3000)]))
    const lambda =
      this.#options.lambdaPort ?? (await freePort([Number(settings['lambdaPort'] ?? recorded?.lambda ?? 3002)], new Set([http])))
    Object.assign(settings, { httpPort: http, lambdaPort: lambda })
    const mappings = await freePort([recorded?.mappings ?? defaultPorts.mappings], new Set([http, lambda]))
    const own = {
      ...endpoints,
      http: `http://127.0.0.1:${http}`,
      lambda: `http://127.0.0.1:${lambda}`,
      dashboard: `http://127.0.0.1:${http}/`,
      mappings: mappingsUrl(mappings)
    }
    if (functionsRun) this.#utils.log.notice(`sluice start already runs the functions at ${endpoints.http}; both now share the records`)
    else updateState(this.#place, { endpoints: own })
    this.#apply(own, mappings)
  }

  async #forInvoke(): Promise<void> {
    this.#hasInvoked = true
    this.#apply((await this.#ensure('invoke')).endpoints)
  }

  /** The function keeps its connections open for the next event, as on Lambda; here none comes, and they would keep the command from ending. */
  async #finishInvoke(): Promise<void> {
    await this.#down()
    if (this.#hasInvoked) process.exit()
  }

  /** The supervisor has chosen everything; when it is gone, so are we. */
  #underSupervisor(): void {
    const { KAFKA_BROKERS, DATABASE_URL, TIMESCALE_URL, MYSQL_URL, LAKE_URL, LAMBDA_ENDPOINT } = userEnvironment
    const endpoints = {
      kafka: KAFKA_BROKERS!,
      database: DATABASE_URL!,
      timescale: TIMESCALE_URL!,
      mysql: MYSQL_URL!,
      lake: LAKE_URL!,
      lambda: LAMBDA_ENDPOINT!
    }
    this.#apply(endpoints, Number(userEnvironment['SLUICE_MAPPINGS_PORT']))
    process.once('disconnect', () => {
      setTimeout(() => process.exit(1), ORPHAN_MS).unref()
      process.kill(process.pid, 'SIGTERM')
    })
  }

  async #ensure(kind: 'offline' | 'invoke'): Promise<{ endpoints: Endpoints; functionsRun: boolean }> {
    const { adoptOrStart } = await import('./adopt')
    try {
      const found = await adoptOrStart(this.#place, kind, userEnvironment, sentence => this.#utils.log.notice(sentence))
      this.#stack = found.stack
      return found
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      this.#utils.log.error(`${error.message}\n${error.remedy}`)
      process.exit(/^(CONFIG|CONTRACT|USAGE)/.test(error.code) ? 2 : 1)
    }
  }

  /** @param mappingsPort where the Kafka event source says how its mappings are; none for a command that has no mappings */
  #apply(endpoints: FunctionEndpoints, mappingsPort?: number): void {
    const { service } = this.#serverless
    const environment = serverVariables(endpoints)
    service.provider.environment = { ...service.provider.environment, ...environment }
    Object.assign(process.env, environment)
    const custom = (service.custom ??= {})
    const key = 'serverless-offline-kafka-event-source'
    const statusPort = mappingsPort === undefined ? {} : { statusPort: mappingsPort }
    custom[key] = { ...statusPort, ...custom[key], bootstrapServers: endpoints.kafka.split(',') }
  }

  /** Plain `offline` runs no ready and no end hook: serverless-offline waits between its own `start` and `end`, and exits inside of the latter. */
  #wrapOffline(): void {
    const offline = this.#serverless.pluginManager.plugins.find(plugin => plugin.constructor.name === 'ServerlessOffline')
    if (!offline?.start || !offline.end) return
    const { start, end } = offline
    offline.start = async () => {
      await start.call(offline)
      this.#ready()
    }
    offline.end = async skipExit => {
      await this.#down()
      await end.call(offline, skipExit)
    }
  }

  /** The Lambda endpoint takes invocations. */
  #ready(): void {
    this.#scheduler ??= this.#startScheduler?.()
    process.send?.(READY_MESSAGE)
  }

  async #down(): Promise<void> {
    await this.#scheduler?.stop()
    const stack = this.#stack
    this.#stack = undefined
    await stack?.stop()
  }
}
