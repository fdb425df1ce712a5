// Which broker is to be asked? Connections by broker, the leaders of a topic's partitions, the coordinator of a group.
import { errorCodes, errorName, KafkaError } from 'sluice-broker/protocol'
import { Connection, ConnectionError } from './connection'

export interface Topic {
  name: string
  /** Leader's node id by partition. */
  leaders: Map<number, number>
}

export class Cluster {
  private readonly connections = new Map<string, Promise<Connection>>()
  private readonly brokers = new Map<number, { host: string; port: number }>()
  private isClosed = false

  constructor(private readonly bootstrapServers: readonly string[]) {}

  /**
   * The partitions of a topic and their leaders, as the cluster sees them now.
   * @returns undefined when there is no such topic
   * @throws ConnectionError when no broker can be reached
   */
  async topic(name: string): Promise<Topic | undefined> {
    const connection = await this.anyConnection()
    const body = await connection.request('metadata', { topics: [{ name }], allowAutoTopicCreation: false })
    for (const { nodeId, host, port } of body.brokers) this.brokers.set(nodeId, { host, port })
    const found = body.topics.find(topic => topic.name === name)
    if (!found || found.errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) return undefined
    if (found.errorCode !== 0 && found.errorCode !== errorCodes.LEADER_NOT_AVAILABLE) {
      throw new KafkaError(errorName(found.errorCode), `metadata of topic ${name}`)
    }
    return { name, leaders: new Map(found.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])) }
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

  private async anyConnection(purpose = 'control'): Promise<Connection> {
    const known = [...this.brokers.values()].map(({ host, port }) => `${host}:${port}`)
    let failure: unknown
    for (const address of [...this.bootstrapServers, ...known]) {
      const colon = address.lastIndexOf(':')
      const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
      try {
        return await this.connect(host, Number(address.slice(colon + 1)), purpose)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  private async connect(host: string, port: number, purpose: string): Promise<Connection> {
    if (this.isClosed) throw new ConnectionError('the client is closed')
    const key = `${purpose} ${host}:${port}`
    const existing = this.connections.get(key)
    if (existing) {
      const connection = await existing
      if (!connection.isClosed) return connection
    }
    // whoever found it closed first opens the new one; the others wait for that
    if (this.connections.get(key) === existing) {
      const opening = Connection.open(host, port)
      this.connections.set(key, opening)
      opening.catch(() => this.connections.get(key) === opening && this.connections.delete(key))
    }
    const connection = await this.connections.get(key)!
    if (this.isClosed) connection.close()
    return connection
  }

  close(): void {
    this.isClosed = true
    for (const opening of this.connections.values()) void opening.then(connection => connection.close()).catch(() => {})
    this.connections.clear()
  }
}
