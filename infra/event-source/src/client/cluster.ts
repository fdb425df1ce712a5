// Which broker is to be asked? Connections by broker, the leaders of a topic's partitions, the coordinator of a group.
import { errorCodes, errorName, KafkaError } from 'sluice-broker/protocol'
import { type ClusterAccess, hideSecrets } from './access'
import { Connection } from './connection'
import { AccessRefused, ConnectionError } from './connection-error'
import { addressOf, hostAndPort } from './socket'

/** As many replicas as the cluster's own default says. */
const DEFAULT_REPLICAS = -1

export interface Topic {
  name: string
  /** Leader's node id by partition. */
  leaders: Map<number, number>
}

export class Cluster {
  private readonly connections = new Map<string, Promise<Connection>>()
  private readonly brokers = new Map<number, { host: string; port: number }>()
  private readonly access: ClusterAccess
  /** The server that answered last: the next question goes there first, whatever became of those before it. */
  private answering?: string
  private isClosed = false

  constructor(access: ClusterAccess) {
    this.access = hideSecrets(access)
  }

  /** Connections that are open or being opened. */
  get connectionCount(): number {
    return this.connections.size
  }

  /**
   * The partitions of a topic and their leaders, as the cluster sees them now.
   * @returns undefined when there is no such topic
   * @throws ConnectionError when no broker can be reached
   */
  async topic(name: string): Promise<Topic | undefined> {
    const connection = await this.anyConnection()
    const body = await connection.request('metadata', { topics: [{ name }], allowAutoTopicCreation: false })
    this.follow(body.brokers)
    const found = body.topics.find(topic => topic.name === name)
    if (!found || found.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) return undefined
    if (found.errorCode !== 0 && found.errorCode !== errorCodes.LEADER_NOT_AVAILABLE) {
      throw new KafkaError(errorName(found.errorCode), `metadata of topic ${name}`)
    }
    return { name, leaders: new Map(found.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])) }
  }

  /**
   * Creates a topic; one that somebody else creates at the same time is as good.
   * @param limitMs for the broker
   * @returns whether it was this call that created it
   * @throws KafkaError when the broker refuses it
   */
  async createTopic(name: string, partitions: number, limitMs: number): Promise<boolean> {
    const connection = await this.anyConnection()
    const body = { topics: [{ name, numPartitions: partitions, replicationFactor: DEFAULT_REPLICAS }], timeoutMs: limitMs }
    const { topics } = await connection.request('createTopics', body, limitMs)
    const { errorCode, errorMessage } = topics[0]!
    if (errorCode === 0 || errorCode === errorCodes.TOPIC_ALREADY_EXISTS) return errorCode === 0
    throw new KafkaError(errorName(errorCode), `creating topic ${name}${errorMessage ? `: ${errorMessage}` : ''}`)
  }

  /** The connection to a broker; `purpose` keeps long polls, heartbeats and commits from waiting for each other. */
  async broker(nodeId: number, purpose: string): Promise<Connection> {
    const broker = this.brokers.get(nodeId)
    if (!broker) throw new ConnectionError(`broker ${nodeId} is not known yet`)
    return this.connect(broker.host, broker.port, purpose)
  }

  /** The connection to the coordinator of a consumer group. */
  async coordinator(group: string, purpose: string): Promise<Connection> {
    const connection = await this.anyConnection(purpose)
    const { errorCode, host, port } = await connection.request('findCoordinator', { key: group, keyType: 0 })
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode), `coordinator of group ${group}`)
    return this.connect(host, port, purpose)
  }

  // A broker that moved or left takes its connections with it, once they are at rest: there are never more than purposes times brokers.
  private follow(brokers: ReadonlyArray<{ nodeId: number; host: string; port: number }>): void {
    if (brokers.length === 0) return
    this.brokers.clear()
    for (const { nodeId, host, port } of brokers) this.brokers.set(nodeId, { host, port })
    const addresses = new Set(this.addresses())
    for (const [key, opening] of this.connections) {
      if (addresses.has(key.slice(key.indexOf(' ') + 1))) continue
      void opening.then(connection => connection.isIdle && connection.close()).catch(() => {})
    }
  }

  private addresses(): string[] {
    const known = [...this.brokers.values()].map(({ host, port }) => addressOf(host, port))
    const bootstrap = this.access.bootstrapServers.map(server => {
      const { host, port } = hostAndPort(server)
      return addressOf(host, port)
    })
    return [...new Set([...bootstrap, ...known])]
  }

  private async anyConnection(purpose = 'control'): Promise<Connection> {
    const addresses = this.addresses()
    const first = addresses.filter(address => address === this.answering)
    let failure: unknown
    for (const address of new Set([...first, ...addresses])) {
      const { host, port } = hostAndPort(address)
      try {
        const connection = await this.connect(host, port, purpose)
        this.answering = address
        return connection
      } catch (error) {
        // what somebody can put right is said rather than that another server is away
        if (!(failure instanceof AccessRefused)) failure = error
      }
    }
    throw failure
  }

  private async connect(host: string, port: number, purpose: string): Promise<Connection> {
    if (this.isClosed) throw new ConnectionError('the client is closed')
    const key = `${purpose} ${addressOf(host, port)}`
    const existing = this.connections.get(key)
    if (existing) {
      const connection = await existing
      if (!connection.isClosed) return connection
    }
    // whoever found it closed first opens the new one; the others wait for that
    if (!this.connections.has(key) || this.connections.get(key) === existing) this.open(key, host, port)
    const connection = await this.connections.get(key)!
    if (this.isClosed) connection.close()
    return connection
  }

  private open(key: string, host: string, port: number): void {
    const opening = Connection.open(host, port, this.access)
    this.connections.set(key, opening)
    const forget = () => this.connections.get(key) === opening && this.connections.delete(key)
    opening.then(connection => connection.whenClosed(forget), forget)
  }

  close(): void {
    this.isClosed = true
    for (const opening of this.connections.values()) void opening.then(connection => connection.close()).catch(() => {})
    this.connections.clear()
  }
}
