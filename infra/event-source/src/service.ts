// What does the running framework know about the service? The parts this plugin reads of osls' and serverless-offline's objects.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ConfigurationError } from './mapping/configuration-error'
import type { ServiceDefinition } from './mapping/service-definition'
import {
  type FunctionDefinition,
  type FunctionSettings,
  functionDefinition,
  type OfflineOptions,
  type ProviderSettings
} from './runner/function-definition'

type ServiceFunction = FunctionSettings & {
  events?: ReadonlyArray<Record<string, unknown>>
  runtime?: string
  package?: { artifact?: string }
}

/** What a plugin gets as first argument. */
export interface Serverless {
  service: {
    service: string
    provider: ProviderSettings & Pick<ServiceDefinition, 'stackName' | 'stackParameters'> & { stage?: string; runtime?: string }
    functions?: Record<string, ServiceFunction>
    custom?: Record<string, unknown>
    resources?: ServiceDefinition['resources']
  }
  config: { servicePath: string }
  processedInput?: { commands: string[] }
  pluginManager: { plugins: Array<{ constructor: { name: string } }> }
  classes: { Error: new (message: string, code: string) => Error }
}

/** The service as mappings are read from it. */
export function serviceDefinition({ service }: Serverless, cliOptions: Record<string, unknown>): ServiceDefinition {
  return {
    service: service.service,
    stage: String(cliOptions['stage'] ?? service.provider.stage ?? 'dev'),
    region: (cliOptions['region'] as string | undefined) ?? service.provider.region,
    timeout: service.provider.timeout,
    stackName: service.provider.stackName,
    stackParameters: service.provider.stackParameters,
    functions: service.functions ?? {},
    resources: service.resources
  }
}

/**
 * One function as a runner needs it. Call it when the offline hooks run: bundlers set serverless-offline's `location` in theirs.
 * @throws ConfigurationError for a function that is no Node.js handler in a folder
 */
export function functionOf(serverless: Serverless, cliOptions: Record<string, unknown>, functionKey: string): FunctionDefinition {
  const { provider, functions, custom } = serverless.service
  const settings = functions![functionKey]!
  checkFunction(settings, provider.runtime, `functions.${functionKey}`)
  const offline = { ...(custom?.['serverless-offline'] as OfflineOptions | undefined), ...(cliOptions as OfflineOptions) }
  const { servicePath } = serverless.config
  return functionDefinition(functionKey, settings, provider, offline, servicePath, process.env, tsxFrom(servicePath))
}

function checkFunction(settings: ServiceFunction, providerRuntime: string | undefined, path: string): void {
  if (typeof settings.handler !== 'string') {
    throw new ConfigurationError(
      { path, key: 'handler' },
      settings.handler,
      'Only handlers in a file can be run: set path/to/file.exportedName.'
    )
  }
  const runtime = settings.runtime ?? providerRuntime
  if (runtime !== undefined && !runtime.startsWith('nodejs')) {
    throw new ConfigurationError({ path, key: 'runtime' }, runtime, 'Kafka events are delivered to Node.js functions only.')
  }
  if (settings.package?.artifact) {
    const remedy = 'Code in an archive is not unpacked: remove the artifact to run the handler from its folder.'
    throw new ConfigurationError({ path, key: 'package.artifact' }, settings.package.artifact, remedy)
  }
}

/** serverless-offline brings `tsx`: TypeScript handlers that nobody bundled are loaded with it. */
function tsxFrom(servicePath: string): string | undefined {
  try {
    return createRequire(join(servicePath, 'package.json')).resolve('serverless-offline')
  } catch {
    return undefined
  }
}
