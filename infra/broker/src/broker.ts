// How are listener, topics, groups and connections put together, and taken apart again?
import { type AddressInfo, isIP, type Server, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from './clock'
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
import { type BrokerOptions, type CheckedOptions, checkOptions } from './options'
import { ProducerIds } from './producer-ids'
import type { KafkaError } from './protocol'
import { createListener, type Listener } from './security/tls'
import { Users } from './security/users'
import { checkBrokerConfigs } from './topics/broker-configs'
import { Topics } from './topics/topics'
import { TransactionCoordinator } from './transactions/coordinator'

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
function openStores(dataDir: string | undefined, options: CheckedOptions, limits: Readonly<Limits>, onWarning: (message: string) => void) {
  const { clock = systemClock, consumerHeartbeatIntervalMs, consumerSessionTimeoutMs, initialRebalanceDelayMs, segmentBytes } = options
  const fetchMemory = new FetchMemory(limits.fetchBytesOfAllMax)
  const flusher = new Flusher(options.flushMs, error => onWarning(`cannot synchronise to disk: ${error}`))
  const logOptions = { segmentBytes, budget: new TailBudget(limits.tailBytesMax), flusher, onWarning, now: () => clock.now() }
  const topics = new Topics(dataDir, logOptions, limits, options.configs)
  const housekeeper = new Housekeeper(() => topics.logs(), clock, options.cleanupMs)
  const offsets = new OffsetStore(dataDir && join(dataDir, 'offsets.jsonl'), flusher)
  const groups = new GroupCoordinator({
    offsets,
    clock,
    topics,
    dataDir,
    initialRebalanceDelayMs,
    groupMembersMax: limits.groupMembersMax,
    consumerSessionTimeoutMs,
    consumerHeartbeatIntervalMs
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
 * @throws BrokerStartError when the port is taken, the data directory is in use, or an option cannot be used
 */
export async function startBroker(given: BrokerOptions = {}): Promise<Broker> {
  const options = checkOptions(given)
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
  await listen(server, options.port, host)
  const { port } = server.address() as AddressInfo
  let unlock: (() => void) | undefined
  try {
    unlock = lock(dataDir)
    const stores = openStores(dataDir, options, limits, onWarning)
    const isWildcard = host === '0.0.0.0' || host === '::'
    const { autoCreateTopics = true, defaultPartitions } = options
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
