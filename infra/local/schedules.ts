// Who runs the schedules of serverless.yml on this machine? Our scheduler, and not serverless-offline.
import { readSchedules, type ScheduledFunctions } from '../../layers/schedule/definition'
import { type ScheduledFunction, startScheduler } from '../scheduler'

interface FunctionDefinition {
  name?: string
  timeout?: number
  events?: Record<string, unknown>[]
}

/** What is read of the framework's service, whose variables are filled in by then. */
export interface ScheduledService {
  service: string
  provider: { stage?: string; region?: string; timeout?: number }
  functions?: Record<string, FunctionDefinition>
}

/** What serverless-offline takes where nothing says how long a function may run. */
const DEFAULT_TIMEOUT_S = 900

/**
 * Takes the schedules out of the service in memory, so that serverless-offline, which understands a part of AWS's expressions, does not run
 * them as well. To be called for the offline commands only: `package` needs them where they are.
 * @returns starts the scheduler; to be called when the Lambda endpoint answers
 * @throws PipelineError CONFIG_INVALID
 */
export function takeSchedules(service: ScheduledService, say: (sentence: string) => void): () => { stop(): Promise<void> } {
  const { functions = {}, provider } = service
  const prefix = `${service.service}-${provider.stage ?? 'dev'}`
  const schedules = readSchedules(functions as ScheduledFunctions)
  const scheduled: Record<string, ScheduledFunction> = {}
  for (const [key, definition] of Object.entries(functions)) {
    const timeoutMs = (definition.timeout ?? provider.timeout ?? DEFAULT_TIMEOUT_S) * 1000
    scheduled[key] = { name: definition.name ?? `${prefix}-${key}`, timeoutMs }
    if (definition.events) definition.events = definition.events.filter(event => typeof event !== 'object' || !('schedule' in event))
  }
  return () =>
    startScheduler({
      schedules,
      functions: scheduled,
      origin: { region: provider.region ?? 'us-east-1', prefix },
      // by then the servers are known
      databaseUrl: process.env['DATABASE_URL']!,
      lambdaEndpoint: process.env['LAMBDA_ENDPOINT']!,
      say
    })
}
