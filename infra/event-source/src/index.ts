// How does serverless-offline get Kafka events? The plugin: reads the mappings, runs them from the first hook that can to the last.
import type { AddressInfo } from 'node:net'
import { EventSourceMapping } from './event-source-mapping'
import { ConfigurationError } from './mapping/configuration-error'
import { type MappingOptions, readOptions } from './mapping/options'
import { type Mappings, readMappings } from './mapping/read-mappings'
import type { Log } from './report'
import { functionOf, type Serverless, serviceDefinition } from './service'
import { SourceWatch } from './source-watch'
import { serveStatus } from './status-server'

const threadFile = new URL('./runner-thread.js', import.meta.url)
/** What a command exits with whose configuration cannot be run. */
const CONFIGURATION_EXIT_CODE = 2
/** A stop that takes longer says what it waits for. */
const STOP_PATIENCE_MS = 2_000
/** Stands in for brokers that other plugins may still name when the configuration is first checked. */
const serversUnknownYet = ['localhost:9092']

interface OfflinePlugin {
  start: (...args: unknown[]) => Promise<unknown>
  end: (...args: unknown[]) => Promise<unknown>
}

// serverless-offline runs its hooks so that `offline:start:end` is never reached in some orders and by `sls offline` not at all; these are:
//   sls offline start   initialize, offline:start:init ... before:offline:start:end
//   sls offline         initialize, before:offline:start, then serverless-offline's own start() and end(), which are wrapped
export default class KafkaEventSource {
  readonly hooks: Record<string, () => Promise<void>>
  private mappings: EventSourceMapping[] = []
  private options: MappingOptions = {}
  private isStarted = false
  private stopped?: Promise<void>
  private watch?: SourceWatch
  /** That of serverless.yml: compilers set another one later, where their code is. */
  private readonly serviceFolder: string

  constructor(
    private readonly serverless: Serverless,
    private readonly cliOptions: Record<string, unknown>,
    private readonly utils: { log: Log }
  ) {
    this.serviceFolder = serverless.config.servicePath
    this.hooks = {
      initialize: async () => this.check(),
      'before:offline:start': async () => this.wrapOffline(),
      'offline:start:init': async () => this.start(),
      'before:offline:start:end': () => this.stop(),
      'offline:functionsUpdated:cleanup': () => {
        // a bundler that says when it is done
        this.watch?.close()
        return this.reload()
      }
    }
  }

  /** Refuses a malformed configuration before anything of the command has started. */
  private check(): void {
    if (this.serverless.processedInput?.commands[0] !== 'offline') return
    this.orExit(() => {
      const options = readOptions(this.serverless.service.custom, this.serviceFolder)
      readMappings(serviceDefinition(this.serverless, this.cliOptions), { bootstrapServers: serversUnknownYet, ...options })
    })
  }

  private orExit<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      process.once('exit', () => {
        process.exitCode = CONFIGURATION_EXIT_CODE
      })
      throw new this.serverless.classes.Error(error.message, 'KAFKA_EVENT_SOURCE_CONFIGURATION')
    }
  }

  // `sls offline` has no hook behind the start or before the end: both are methods of the other plugin's instance, called by name
  private wrapOffline(): void {
    const found = this.serverless.pluginManager.plugins.find(plugin => plugin.constructor.name === 'ServerlessOffline')
    if (!found) throw new this.serverless.classes.Error('serverless-offline is missing: add it to plugins', 'KAFKA_EVENT_SOURCE_PLUGIN')
    const offline = found as unknown as OfflinePlugin
    const { start, end } = offline
    offline.start = async (...args) => {
      this.start()
      return start.apply(offline, args)
    }
    offline.end = async (...args) => {
      await this.stop()
      return end.apply(offline, args)
    }
  }

  private start(): void {
    if (this.isStarted) return
    this.isStarted = true
    const { serverless, cliOptions, utils } = this
    const { mappings, warnings } = this.orExit((): Mappings => {
      this.options = readOptions(serverless.service.custom, this.serviceFolder)
      return readMappings(serviceDefinition(serverless, cliOptions), this.options)
    })
    for (const warning of warnings) utils.log.warning(`Kafka event source: ${warning}`)
    const definitions = this.orExit(() => mappings.map(({ functionKey }) => functionOf(serverless, cliOptions, functionKey)))
    this.mappings = this.orExit(() =>
      mappings.map((mapping, index) => new EventSourceMapping(mapping, definitions[index]!, threadFile, utils.log, this.serviceFolder))
    )
    for (const mapping of this.mappings) mapping.start()
    if (definitions[0]) this.watchCode(definitions[0].codeDir)
    if (this.options.statusPort !== undefined) void this.serve(this.options.statusPort)
  }

  private watchCode(folder: string): void {
    const written = Object.values(this.options.destinations ?? {}).flatMap(target => ('directory' in target ? [target.directory] : []))
    const onFailure = ({ message }: Error) =>
      this.utils.log.warning(`Kafka event source: code that is saved is not taken before the next start: ${message}`)
    this.watch = new SourceWatch(folder, written, isCode => void this.reload(isCode), onFailure)
  }

  private async serve(port: number): Promise<void> {
    const { log } = this.utils
    try {
      const server = await serveStatus(port, () => this.mappings.map(mapping => mapping.status()))
      const { port: chosen } = server.address() as AddressInfo
      log.notice(`Kafka event source: status at http://127.0.0.1:${chosen}/status`)
    } catch (error) {
      log.error(`Kafka event source: no status page, as port ${port} cannot be had: ${(error as Error).message}. Set another statusPort.`)
    }
  }

  private async reload(isCode = true): Promise<void> {
    await Promise.all(this.mappings.map(mapping => mapping.reload(isCode)))
  }

  private stop(): Promise<void> {
    this.watch?.close()
    this.stopped ??= this.end()
    return this.stopped
  }

  /** Waits for functions that still run, says so when that takes long, and from then on no longer than until the next Ctrl-C. */
  private async end(): Promise<void> {
    const hurry = new AbortController()
    const again = () => hurry.abort()
    const patience = setTimeout(() => {
      // only now: those that start commands may pass one Ctrl-C on twice
      process.once('SIGINT', again)
      this.utils.log.notice(
        'Kafka event source: waiting for functions that still run, as long as their timeout. Ctrl-C again: not any longer'
      )
    }, STOP_PATIENCE_MS)
    await Promise.all(this.mappings.map(mapping => mapping.stop(this.options.stopTimeoutMs, hurry.signal)))
    clearTimeout(patience)
    process.off('SIGINT', again)
  }
}
