// What runs one mapping? It waits for the topic, starts as many pollers as are wanted, and follows new partitions.
import { unlessAborted } from './abort'
import { backoffMs, pause, RECONNECT_BACKOFF } from './client/backoff'
import { Cluster } from './client/cluster'
import { removeDeadMembers } from './client/dead-members'
import { type Destination, openDestination } from './destination/destination'
import { eventHeadOf, originOf } from './event/event-writer'
import type { Mapping } from './mapping/mapping'
import { Poller } from './poller'
import { type Log, Report } from './report'
import type { FunctionDefinition } from './runner/function-definition'
import { Runner } from './runner/runner'
import { hasBacklog, type Load, wantedPollers } from './scaling'
import type { MappingStatus } from './status-server'

/** How often a missing topic is looked for. */
const TOPIC_WAIT_MS = 1_000
/** How long the broker may take to create a topic. */
const CREATE_TOPIC_MS = 30_000

/** There is all the time. */
const unhurried = new AbortController().signal

export class EventSourceMapping {
  private readonly cluster: Cluster
  private readonly report: Report
  private readonly stopping = new AbortController()
  private readonly pollers: Poller[] = []
  private readonly destination?: Destination
  /** Those that are one too many now and end their invocations. */
  private retiring: readonly Poller[] = []
  private running?: Promise<void>
  private partitions = 0
  private partitionsAtStart?: number
  /** Judgements in a row that found no backlog, and the progress that the last one saw. */
  private quiet = 0
  private progress = 0

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

  /** Until the stop: waits for the topic, then counts its partitions and judges the load again and again. */
  private async run(): Promise<void> {
    const { mapping, report } = this
    const { signal } = this.stopping
    for (let failures = 0; !signal.aborted; ) {
      try {
        const topic = await unlessAborted(this.cluster.topic(mapping.topic), signal)
        if (signal.aborted) return
        failures = 0
        report.recovered('refused', 'the broker accepts this mapping again')
        report.recovered('unreachable', 'the broker is reached again')
        const count = topic?.leaders.size ?? 0
        this.partitionsAtStart ??= count
        if (count === 0) {
          await this.missing()
          await pause(TOPIC_WAIT_MS, signal)
          continue
        }
        report.recovered('missing', `the topic is there, with ${count} partitions`)
        if (this.partitions === 0) await unlessAborted(removeDeadMembers(this.cluster, mapping.group), signal)
        if (signal.aborted) return
        await this.scale(count)
        await pause(mapping.scalingMs, signal)
      } catch (error) {
        failures++
        report.clusterTrouble(error as Error, 'unreachable')
        await pause(backoffMs(failures, RECONNECT_BACKOFF), signal)
      }
    }
  }

  /** Creates the topic where the options say so, else says how to. */
  private async missing(): Promise<void> {
    const { topic, bootstrapServers, createTopicPartitions } = this.mapping
    if (createTopicPartitions !== undefined) {
      const isOurs = await this.cluster.createTopic(topic, createTopicPartitions, CREATE_TOPIC_MS)
      if (isOurs) this.report.notice(`the topic did not exist and was created, with ${createTopicPartitions} partitions`)
      return
    }
    this.report.trouble(
      'missing',
      `the topic does not exist yet, waiting for it. Create it, for instance: kafka-topics.sh --bootstrap-server ${bootstrapServers[0]} ` +
        `--create --topic ${topic} --partitions 3`
    )
  }

  /** Adds or stops pollers as the load wants it. Partitions that are new are shared out by whoever joins or leaves, or as the leader is asked to. */
  private async scale(partitions: number): Promise<void> {
    const { minimumPollers: minimum, maximumPollers: maximum } = this.mapping
    const { lag, progress } = this.report.load()
    const load: Load = { pollers: this.pollers.length, lag, progress: progress - this.progress, quiet: this.quiet }
    const wanted = wantedPollers(load, { minimum, maximum, partitions })
    this.progress = progress
    this.quiet = hasBacklog(load) || wanted < load.pollers ? 0 : this.quiet + 1
    const isGrown = this.partitions > 0 && partitions > this.partitions
    this.partitions = partitions
    if (load.pollers > 0 && wanted !== load.pollers)
      this.report.log.info(`Kafka event source ${this.mapping.functionKey}: ${wanted} instead of ${load.pollers} pollers, lag ${lag}`)
    while (this.pollers.length < wanted) this.addPoller()
    if (this.pollers.length > wanted) {
      this.retiring = this.pollers.splice(wanted)
      await Promise.all(this.retiring.map(poller => poller.stop(Infinity, unhurried)))
      this.retiring = []
    } else if (isGrown && wanted === load.pollers) this.pollers.some(poller => poller.rebalance())
  }

  private addPoller(): void {
    const { mapping, definition, report } = this
    const newRunner = () =>
      new Runner(
        definition,
        this.threadFile,
        failure =>
          report.error(`the function's thread ended between invocations: ${failure.errorType}: ${failure.detail ?? failure.message}`),
        reason => report.warning(`the function runs without its NODE_OPTIONS here, as it is a thread: ${reason}`)
      )
    const poller = new Poller(
      mapping,
      new Cluster(mapping.access),
      newRunner,
      report,
      definition.timeoutMs,
      this.partitionsAtStart ?? 0,
      this.destination
    )
    this.pollers.push(poller)
    poller.start()
  }

  /** Which function is invoked, how that goes, and with which counts so far. */
  status(): MappingStatus {
    const { mapping, report } = this
    return {
      mapping,
      functionArn: this.definition.invokedFunctionArn,
      state: report.state,
      lastProcessingResult: report.lastProcessingResult,
      pollers: this.pollers.length,
      counters: report.counters()
    }
  }

  /**
   * Gives every poller the function's new code.
   * @param isCode or only data, which a failing function may itself have written: its batch waits out its pause
   */
  async reload(isCode: boolean): Promise<void> {
    await Promise.all(this.pollers.map(poller => poller.reload(isCode)))
  }

  /**
   * Ends fetching, waits for invocations in flight (at most `limitMs`, and never longer than their timeout), commits, leaves the group.
   * @param hurry aborted when there is no more time
   */
  async stop(limitMs = Infinity, hurry = unhurried): Promise<void> {
    this.stopping.abort()
    this.report.state = 'Deleting'
    await Promise.all([...this.pollers, ...this.retiring].map(poller => poller.stop(limitMs, hurry)))
    this.destination?.close()
    this.cluster.close()
    await this.running
    const { records, invocations, failures, oversized, discarded, filtered, lag } = this.report.counters()
    this.report.log.debug(
      `Kafka event source ${this.mapping.functionKey} (topic ${this.mapping.topic}): ${records} records in ${invocations} invocations, ` +
        `${failures} failed, ${oversized} oversized, ${discarded} given up, ${filtered} filtered out, lag ${lag}`
    )
  }
}
