// How are listener, topics, groups and connections put together, and taken apart again?
import { type AddressInfo, isIP, type Server, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Clock, systemClock } from './clock'
import { Connections } from './connections'
import { lockDataDir } from './data-dir-lock'
import { BrokerStartError } from './errors'
import { Faults } from './faults/faults'
import { FetchMemory } from './fetch-memory'
import { GroupCoordinator } from './groups/coordinator'
import { OffsetStore } from './groups/offset-store'
import type { BrokerState } from './handlers/handler'
import { type Limits, limitsOf } from './limits'
import { Flusher } from './log/flusher'
import { Housekeeper } from './log/housekeeper'
import { TailBudget } from './log/tail'
import { ProducerIds } from './producer-ids'
import type { KafkaError } from './protocol'
import { createListener, type Listener, type TlsOptions } from './security/tls'
import { type SaslOptions, Users } from './security/users'
import { checkBrokerConfigs } from './topics/broker-configs'
import { Topics } from './topics/topics'
import { TransactionCoordinator } from './transactions/coordinator'

export interface BrokerOptions {
  /** 0, the default, takes a free port. */
  port?: number
  /** Address to listen on and to tell clients; 127.0.0.1 by default. */
  host?: string
  /** Allows a host beyond loopback. Any peer that `tls` and `sasl` let in may read and write everything. */
  listenAnywhere?: boolean
  /** Listens with TLS, and with `ca` only for clients with a certificate of that authority. */
  tls?: TlsOptions
  /** Lets in only these users, each by one of the mechanisms. */
  sasl?: SaslOptions
  /** Where topics, records and offsets are kept; without one they live in memory. */
  dataDir?: string
  /** Partitions of topics that are created without a number; 1 by default. */
  defaultPartitions?: number
  /** Whether a client that asks for a topic may thereby create it; true by default. */
  autoCreateTopics?: boolean
  /** Milliseconds until appended bytes are synchronised to disk; 0 synchronises each append before it is answered. 1000 by default. */
  flushMs?: number
  /** Bytes after which a log goes on in a new file; 64 MiB by default. */
  segmentBytes?: number
  /** Settings of the broker by Kafka's names, as defaults of its topics: `{ 'log.retention.ms': '-1' }`. */
  configs?: Record<string, string>
  /** Milliseconds between two looks for what retention lets go and what is to be compacted; 5000 by default. */
  cleanupMs?: number
  /** Milliseconds that an empty group waits for further members before its first generation; 0 by default. */
  initialRebalanceDelayMs?: number
  /** Milliseconds after which a silent member of the new consumer protocol (KIP-848) is gone; 45,000 by default, as in Apache Kafka. */
  consumerSessionTimeoutMs?: number
  /** Milliseconds between heartbeats of that protocol, by which members learn what to read; 1000 by default, where Apache Kafka has 5000. */
  consumerHeartbeatIntervalMs?: number
  /** Bounds of what clients may ask for; those left out have their default. */
  limits?: Partial<Limits>
  /** Told what is worth knowing but stops nothing: a connection that was refused, a torn tail that was cut. */
  log?: (message: string) => void
  /** What time-outs and retention run by; a `ManualClock` stands still until a test moves it. */
  clock?: Clock
}

export interface Broker {
  readonly host: string
  readonly port: number
  /** `host:port`, as clients take it. */
  readonly address: string
  /** What a test wants to go wrong. */
  readonly faults: Faults
  /** Ends all connections, brings everything to disk and leaves no handle. */
  close(): Promise<void>
}

const defaultFlushMs = 1000
const defaultCleanupMs = 5000
const defaultConsumerSessionTimeoutMs = 45_000
const defaultConsumerHeartbeatIntervalMs = 1000
const defaultSegmentBytes = 64 * 1024 * 1024

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      const message = isTaken
        ? `Port ${port} on ${host} is taken. Choose another with --port (port), or 0 for a free one.`
        : `Cannot listen on ${host}:${port}: ${error.message}. Choose another address with --host and --port.`
      fail(new BrokerStartError(isTaken ? 'PORT_TAKEN' : 'HOST_UNUSABLE', message, { cause: error }))
    })
    server.listen({ port, host }, () => {
      server.removeAllListeners('error')
      done()
    })
  })
}

/** What a broker keeps, apart from its connections. */
function openStores(dataDir: string | undefined, options: BrokerOptions, limits: Readonly<Limits>, onWarning: (message: string) => void) {
  const { clock = systemClock } = options
  const fetchMemory = new FetchMemory(limits.fetchBytesOfAllMax)
  const flusher = new Flusher(options.flushMs ?? defaultFlushMs, error => onWarning(`cannot synchronise to disk: ${error}`))
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes
  const logOptions = { segmentBytes, budget: new TailBudget(limits.tailBytesMax), flusher, onWarning, now: () => clock.now() }
  const topics = new Topics(dataDir, logOptions, limits, options.configs)
  const housekeeper = new Housekeeper(() => topics.logs(), clock, options.cleanupMs ?? defaultCleanupMs)
  const offsets = new OffsetStore(dataDir && join(dataDir, 'offsets.jsonl'), flusher)
  const groups = new GroupCoordinator({
    offsets,
    clock,
    topics,
    dataDir,
    initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
    groupMembersMax: limits.groupMembersMax,
    consumerSessionTimeoutMs: options.consumerSessionTimeoutMs ?? defaultConsumerSessionTimeoutMs,
    consumerHeartbeatIntervalMs: options.consumerHeartbeatIntervalMs ?? defaultConsumerHeartbeatIntervalMs
  })
  const faults = new Faults({ clock, topicNameOf: id => topics.findById(id)?.name, groupOf: id => groups.find(id) })
  const producerIds = new ProducerIds(dataDir)
  const path = dataDir && join(dataDir, 'transactions.jsonl')
  const transactions = new TransactionCoordinator({ path, topics, offsets, producerIds, flusher, clock, limits, onWarning })
  const close = async (): Promise<void> => {
    faults.clear()
    groups.close()
    housekeeper.close()
    transactions.stop()
    await flusher.close()
    await topics.close()
    offsets.close()
    transactions.close()
  }
  return { topics, groups, producerIds, transactions, clock, limits, fetchMemory, faults, close }
}

function checkStartConfigs(configs: Record<string, string> = {}): void {
  try {
    checkBrokerConfigs(configs)
  } catch (cause) {
    throw new BrokerStartError('CONFIG_UNUSABLE', `${(cause as KafkaError).reason}. Change it in --config (configs).`, { cause })
  }
}

function lock(dataDir: string | undefined): () => void {
  return dataDir === undefined ? () => {} : lockDataDir(dataDir)
}

/**
 * Starts a broker and resolves once it accepts connections.
 * @throws BrokerStartError when the port is taken, the data directory is in use, or a host, a limit, TLS or SASL cannot be used
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { host = '127.0.0.1', log: onWarning = () => {} } = options
  if (!options.listenAnywhere && !isLoopback(host)) {
    const remedy = 'This is no broker for production. Add --listen-anywhere (listenAnywhere: true) if that is what you want.'
    throw new BrokerStartError('HOST_NOT_LOOPBACK', `The host ${host} is reachable from other machines. ${remedy}`)
  }
  const limits = limitsOf(options.limits)
  const users = options.sasl && (await Users.of(options.sasl))
  const listener = createListener(options.tls, limits.connectionsMax, onWarning)
  const { server } = listener
  checkStartConfigs(options.configs)
  const dataDir = options.dataDir === undefined ? undefined : resolve(options.dataDir)
  await listen(server, options.port ?? 0, host)
  const { port } = server.address() as AddressInfo
  let unlock: (() => void) | undefined
  try {
    unlock = lock(dataDir)
    const stores = openStores(dataDir, options, limits, onWarning)
    const isWildcard = host === '0.0.0.0' || host === '::'
    const { autoCreateTopics = true, defaultPartitions = 1 } = options
    const state: BrokerState = { ...stores, host: isWildcard ? hostname() : host, port, defaultPartitions, autoCreateTopics }
    const connections = new Connections(state, users, onWarning)
    return serve(listener, connections, state, async () => {
      await stores.close()
      unlock?.()
    })
  } catch (cause) {
    unlock?.()
    await new Promise(done => server.close(done))
    if (cause instanceof BrokerStartError) throw cause
    throw new BrokerStartError('DATA_DIR_UNUSABLE', `Cannot use the data directory ${dataDir}: ${(cause as Error).message}`, { cause })
  }
}

function serve(
  { endHandshakes, event, server }: Listener,
  connections: Connections,
  { faults, host, port }: BrokerState,
  closeStores: () => Promise<void>
): Broker {
  server.on(event, (socket: Socket) => connections.accept(socket))
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    const closed = new Promise(done => server.close(done))
    connections.close()
    endHandshakes()
    await closed
    await closeStores()
  }
  return {
    faults,
    host,
    port,
    address: `${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    close: () => (closing ??= close())
  }
}
