// How do all services of a checkout come up together, stay up, and go down?
import { join } from 'node:path'
import type { Contract } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { keepAppliedContracts } from './applied-contracts'
import { startBrokerProcess } from './broker'
import { checkReachable, type External, externalServers } from './external'
import { functionsEnvironment, type RunningFunctions, startFunctions } from './functions'
import type { Place } from './place'
import { choosePorts, mappingsUrl, type Ports } from './ports'
import { type Postgres, postgresUrl, startPostgres } from './postgres'
import { openSecrets, shutdownSteps } from './postgres-cluster'
import { endProcess, identityOf, type ProcessIdentity } from './processes'
import { checkedContracts, contractsFolderOf, prepareDatabases, prepareTopics } from './schema'
import { checkServiceDefinition } from './service-definition'
import { interruptStarts } from './starting'
import { type Endpoints, readState, type ServiceState, type SupervisorKind, takeLock, updateState } from './state'
import { type RunningService, type ServiceEvent, type Supervised, supervise } from './supervised'

export interface StackOptions {
  kind: SupervisorKind
  /** Also run serverless-offline; false where serverless itself is who asks. */
  functions: boolean
  env?: NodeJS.ProcessEnv
  /** Ends a start that is under way; what has come up goes down again. */
  signal?: AbortSignal
  /** One sentence for the user: a service ended and comes again, or failed for good. */
  say(sentence: string): void
}

export interface Stack {
  endpoints: Endpoints
  contracts: Contract[]
  /** Functions, then the broker, then Postgres. */
  stop(): Promise<void>
  /** Everything at once, as a power cut would. */
  kill(): void
}

/** Another process looks after this checkout's services. */
export class AlreadyRunning extends Error {
  constructor(readonly owner: ProcessIdentity) {
    super(`already running under process ${owner.pid}`)
  }
}

/** The start was given up because its signal was aborted. */
export class Interrupted extends Error {}

/** Ends what a supervisor that was killed left behind. Postgres is found through its own postmaster.pid as well. */
async function endLeftovers(place: Place): Promise<void> {
  const left = readState(place).services ?? []
  await Promise.all(
    left.map(({ name, process: found }) => found && endProcess(found, name === 'postgres' ? shutdownSteps : [['SIGTERM', 1_500]]))
  )
}

/** The services of one start and what state.json says of them. */
class Registry {
  readonly running: Partial<{
    postgres: Supervised<Postgres>
    kafka: Supervised<RunningService>
    functions: Supervised<RunningFunctions>
  }> = {}
  readonly timings: Record<string, number> = {}
  readonly #services = new Map<ServiceState['name'], ServiceState>()
  readonly #startedAt = performance.now()

  constructor(
    readonly place: Place,
    readonly options: StackOptions
  ) {}

  mark(step: string): void {
    this.timings[step] = Math.round(performance.now() - this.#startedAt)
  }

  set(service: ServiceState): void {
    this.#services.set(service.name, service)
    updateState(this.place, { services: [...this.#services.values()] })
  }

  /** Writes an event of a service into state.json and, where it is news, tells the user. */
  on(name: ServiceState['name']): (event: ServiceEvent) => void {
    return event => {
      if (event.type === 'running') {
        this.set({ name, state: 'running', port: event.service.port, process: event.service.process, restarts: event.restarts })
        if (event.restarts > 0) this.options.say(`${name} runs again on port ${event.service.port}`)
        else this.mark(name)
      } else if (event.type === 'ended') {
        this.set({ name, state: 'starting' })
        this.options.say(`${name} ended (${event.how}); starting it again in ${event.restartInMs / 1000} s`)
      } else {
        this.set({ name, state: 'failed' })
        this.options.say(`${name} keeps ending (${event.how}); not started again. See ${this.place.logs}/${name}.log`)
      }
    }
  }

  async stop(): Promise<void> {
    for (const name of ['functions', 'kafka', 'postgres'] as const) {
      await this.running[name]?.stop()
      if (this.running[name]) this.set({ name, state: 'stopped' })
    }
  }

  kill(): void {
    for (const name of ['functions', 'kafka', 'postgres'] as const) this.running[name]?.kill()
  }
}

function endpointsOf(place: Place, external: External, ports: Ports, appUrl: string): Endpoints {
  const http = `http://127.0.0.1:${ports.http}`
  const database = external.database ?? appUrl
  return {
    kafka: external.kafka ?? `127.0.0.1:${ports.kafka}`,
    database,
    timescale: external.timescale ?? database,
    mysql: external.mysql ?? database,
    lake: external.lake ?? `file:${join(place.state, 'lake')}`,
    http,
    lambda: `http://127.0.0.1:${ports.lambda}`,
    dashboard: `${http}/`,
    mappings: mappingsUrl(ports.mappings)
  }
}

async function bringUp(registry: Registry): Promise<{ endpoints: Endpoints; contracts: Contract[] }> {
  const { place, options, running } = registry
  const external = externalServers(options.env ?? process.env)
  if (options.functions) checkServiceDefinition(place)
  const contracts = await checkedContracts(place)
  await Promise.all([checkReachable(external), endLeftovers(place)])
  const wished = await choosePorts(readState(place).ports)
  // a port may be taken between choosing and listening: then the service tells another one
  const ports = { ...wished }
  registry.mark('ports')
  const opened = openSecrets(place.secretsFile)
  const endpoints = () => endpointsOf(place, external, ports, postgresUrl('sluice_app', opened.secrets, ports.postgres))

  const postgres = async () => {
    if (external.database === undefined) {
      running.postgres = await supervise(() => startPostgres(place, ports.postgres, { opened }), registry.on('postgres'))
      ports.postgres = running.postgres.current()!.port
    } else registry.set({ name: 'postgres', state: 'external' })
    const databaseUrl = external.database ?? postgresUrl('sluice_owner', opened.secrets, ports.postgres)
    await prepareDatabases(contracts, { databaseUrl, timescaleUrl: external.timescale ?? databaseUrl })
    keepAppliedContracts(place, contractsFolderOf(place))
    registry.mark('tables')
  }
  const kafka = async () => {
    if (external.kafka === undefined) {
      running.kafka = await supervise(() => startBrokerProcess(place, ports.kafka), registry.on('kafka'))
      ports.kafka = running.kafka.current()!.port
    } else registry.set({ name: 'kafka', state: 'external' })
    await prepareTopics(contracts, endpoints().kafka)
    registry.mark('topics')
  }
  const functions = async () => {
    const environment = (lambdaPort: number) => functionsEnvironment({ ...endpoints(), lambda: `http://127.0.0.1:${lambdaPort}` }, place)
    running.functions = await supervise(() => startFunctions(place, ports, environment), registry.on('functions'))
    ports.http = running.functions.current()!.port
    ports.lambda = running.functions.current()!.lambdaPort
  }
  const outcomes = await Promise.allSettled([postgres(), kafka(), ...(options.functions ? [functions()] : [])])
  if (options.signal?.aborted) throw new Interrupted()
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed) throw failed.reason
  if (running.functions && (ports.kafka !== wished.kafka || ports.postgres !== wished.postgres)) {
    await running.functions.stop()
    await functions()
  }
  updateState(place, { ports, endpoints: endpoints() })
  return { endpoints: endpoints(), contracts }
}

/**
 * Starts everything that the environment does not name a server for, side by side, and keeps it running until `stop`.
 * @throws AlreadyRunning; PipelineError CONFIG_INVALID and CONTRACT_INVALID before anything is started, SERVICE_FAILED after everything was stopped again
 */
export async function startStack(place: Place, options: StackOptions): Promise<Stack> {
  const lock = takeLock(place)
  if ('owner' in lock) throw new AlreadyRunning(lock.owner)
  const registry = new Registry(place, options)
  const me = identityOf(process.pid)
  if (me === undefined) throw new PipelineError('SERVICE_FAILED', 'this process has no entry in the process table')
  options.signal?.addEventListener('abort', interruptStarts, { once: true })
  const down = () => {
    updateState(place, { supervisor: undefined })
    lock.release()
  }
  try {
    updateState(place, { supervisor: { ...me, kind: options.kind } })
    const { endpoints, contracts } = await bringUp(registry)
    options.signal?.removeEventListener('abort', interruptStarts)
    registry.mark('ready')
    updateState(place, { supervisor: { ...me, kind: options.kind, readyAt: new Date().toISOString(), timings: registry.timings } })
    return {
      endpoints,
      contracts,
      async stop() {
        await registry.stop()
        down()
      },
      kill: () => registry.kill()
    }
  } catch (error) {
    await registry.stop()
    down()
    throw error
  }
}
