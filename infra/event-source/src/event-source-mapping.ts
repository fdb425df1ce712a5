// What runs one mapping? It waits for the topic, starts as many pollers as are wanted, and follows new partitions.
import { unlessAborted } from './abort'
import { backoffMs, pause, RECONNECT_BACKOFF } from './client/backoff'
import { Cluster } from './client/cluster'
import { AccessRefused, ConnectionError } from './client/connection-error'
import { removeDeadMembers } from './client/dead-members'
import { type Destination, openDestination } from './destination/destination'
import { eventHeadOf, originOf } from './event/event-writer'
import type { Mapping } from './mapping/mapping'
import { Poller } from './poller'
import { type Counters, type Log, Report } from './report'
import type { FunctionDefinition } from './runner/function-definition'
import { Runner } from './runner/runner'

/** How often a missing topic is looked for. */
const TOPIC_WAIT_MS = 1_000
/** How often the partitions of the topic are counted again. */
const PARTITIONS_REFRESH_MS = 30_000

export class EventSourceMapping {
  private readonly cluster: Cluster
  private readonly report: Report
  private readonly stopping = new AbortController()
  private readonly pollers: Poller[] = []
  private readonly destination?: Destination
  private running?: Promise<void>

  /**
   * @param threadFile the bundled `runner-thread.js`
   * @param serviceFolder where serverless.yml is
   * @throws ConfigurationError when the client of the on-failure destination is not installed
   */
  constructor(
    private readonly mapping: Mapping,
    private readonly definition: FunctionDefinition,
    private readonly threadFile: URL,
    log: Log,
    serviceFolder: string = process.cwd()
  ) {
    this.cluster = new Cluster(mapping.access)
    this.report = new Report(mapping, log)
    if (!mapping.onFailure) return
    this.destination = openDestination({
      mapping: { ...mapping, onFailure: mapping.onFailure },
      functionArn: definition.invokedFunctionArn,
      eventHead: eventHeadOf(originOf(mapping)),
      cluster: this.cluster,
      serviceFolder,
      onNotice: text => this.report.notice(text)
    })
  }

  /** Begins to look for the topic and returns: neither broker nor topic need be there yet. */
  start(): void {
    const { mapping } = this
    const pollers = mapping.minimumPollers === 1 ? '1 poller' : `${mapping.minimumPollers} pollers`
    this.report.notice(
      `${mapping.enabled ? '' : 'disabled, '}group ${mapping.group}, batches of ${mapping.batchSize} records or ${mapping.windowMs} ms, ` +
        `${pollers}, from ${mapping.bootstrapServers.join(',')}`
    )
    if (mapping.enabled) this.running = this.run()
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    for (let partitions = 0, failures = 0; !signal.aborted; ) {
      try {
        const topic = await unlessAborted(this.cluster.topic(this.mapping.topic), signal)
        if (signal.aborted) return
        failures = 0
        this.report.recovered('refused', 'the broker accepts this mapping again')
        this.report.recovered('unreachable', 'the broker is reached again')
        const count = topic?.leaders.size ?? 0
        if (count === 0) {
          this.sayMissing()
          await pause(TOPIC_WAIT_MS, signal)
          continue
        }
        this.report.recovered('missing', `the topic is there, with ${count} partitions`)
        if (partitions === 0) await unlessAborted(removeDeadMembers(this.cluster, this.mapping.group), signal)
        if (count !== partitions) this.adapt(count, partitions > 0)
        partitions = count
        await pause(PARTITIONS_REFRESH_MS, signal)
      } catch (error) {
        failures++
        const { message } = error as Error
        if (error instanceof AccessRefused) this.report.trouble('refused', `the broker refuses this mapping, trying again: ${message}`)
        else if (error instanceof ConnectionError)
          this.report.trouble('unreachable', `the broker cannot be reached, trying again: ${message}`)
        else this.report.trouble('unreachable', `trying again: ${message}`)
        await pause(backoffMs(failures, RECONNECT_BACKOFF), signal)
      }
    }
  }

  private sayMissing(): void {
    const { topic, bootstrapServers } = this.mapping
    this.report.trouble(
      'missing',
      `the topic does not exist yet, waiting for it. Create it, for instance: kafka-topics.sh --bootstrap-server ${bootstrapServers[0]} ` +
        `--create --topic ${topic} --partitions 3`
    )
  }

  /** More pollers than partitions would idle. A new member makes the group share out anew; without one the leader is asked to. */
  private adapt(partitions: number, isGrown: boolean): void {
    const wanted = Math.min(this.mapping.minimumPollers, partitions)
    const before = this.pollers.length
    while (this.pollers.length < wanted) this.addPoller()
    if (isGrown && this.pollers.length === before) this.pollers.some(poller => poller.rebalance())
  }

  private addPoller(): void {
    const { mapping, definition, report } = this
    const runner = new Runner(definition, this.threadFile, failure =>
      report.error(`the function's thread ended between invocations: ${failure.errorType}: ${failure.detail ?? failure.message}`)
    )
    const poller = new Poller(mapping, new Cluster(mapping.access), runner, report, definition.timeoutMs, this.destination)
    this.pollers.push(poller)
    poller.start()
  }

  /** Which function is invoked, and with which counts so far. */
  status(): { mapping: Mapping; pollers: number; counters: Counters } {
    return { mapping: this.mapping, pollers: this.pollers.length, counters: this.report.counters() }
  }

  /** Gives every poller the function's new code. */
  async reload(): Promise<void> {
    await Promise.all(this.pollers.map(poller => poller.reload()))
  }

  /** Ends fetching, waits for invocations in flight (at most `limitMs`, and never longer than their timeout), commits, leaves the group. */
  async stop(limitMs = Infinity): Promise<void> {
    this.stopping.abort()
    await Promise.all(this.pollers.map(poller => poller.stop(limitMs)))
    this.destination?.close()
    this.cluster.close()
    await this.running
    const { records, invocations, failures, oversized, discarded, lag } = this.report.counters()
    this.report.log.debug(
      `Kafka event source ${this.mapping.functionKey} (topic ${this.mapping.topic}): ${records} records in ${invocations} invocations, ` +
        `${failures} failed, ${oversized} oversized, ${discarded} given up, lag ${lag}`
    )
  }
}
