// How do the functions run under serverless-offline?
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { LogFile } from './log-file'
import { PortInUse, startNodeService } from './node-service'
import type { Place } from './place'
import { freePort, type Ports } from './ports'
import type { Endpoints } from './state'
import type { RunningService } from './supervised'

const START_TIMEOUT_MS = 60_000
/** Work in hand may finish; what is cut off is done again, because its offsets were not committed. */
const STOP_MS = 1_400
const PORT_ATTEMPTS = 20

export interface RunningFunctions extends RunningService {
  lambdaPort: number
}

/**
 * V8's heap for work in batches; worker threads inherit it. A batch lives until it is stored: in a small young generation it would be copied
 * several times, and in a small old one every few batches would start a collection of all. Measured: 1.6 times the records a second.
 */
const HEAP_FLAGS = ['--max-semi-space-size=64', '--min-semi-space-size=32', '--initial-heap-size=256']

/** What our serverless plugin sends to the process that started it. */
export const READY_MESSAGE = 'sluice:functions-ready'

function ready(child: ChildProcess): Promise<void> {
  return new Promise(resolve => child.on('message', message => message === READY_MESSAGE && resolve()))
}

export type FunctionEndpoints = Pick<Endpoints, 'kafka' | 'database' | 'timescale' | 'mysql' | 'lake' | 'lambda'>

/** Where functions find their servers, as the variables that `layers/config.ts` reads. */
export const serverVariables = (endpoints: FunctionEndpoints) => ({
  KAFKA_BROKERS: endpoints.kafka,
  DATABASE_URL: endpoints.database,
  TIMESCALE_URL: endpoints.timescale,
  MYSQL_URL: endpoints.mysql,
  LAKE_URL: endpoints.lake,
  LAMBDA_ENDPOINT: endpoints.lambda
})

/** The variables that functions read, and what keeps the framework quiet and fast. */
export function functionsEnvironment(endpoints: FunctionEndpoints, place: Place): NodeJS.ProcessEnv {
  return {
    // serverless-offline wants credentials to be there; nothing local checks them. A lake on S3 does: then the user's own are found
    ...(endpoints.lake.startsWith('s3:') ? {} : { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }),
    AWS_REGION: 'us-east-1',
    ...process.env,
    ...serverVariables(endpoints),
    SLUICE_STATE: place.state,
    SLUICE_SUPERVISED: '1',
    SLS_NOTIFICATIONS_MODE: 'off',
    SLS_TELEMETRY_DISABLED: '1',
    SLS_DEPRECATION_NOTIFICATION_MODE: 'warn',
    // Node 22 and later keep compiled code there
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(place.state, 'compiled')
  }
}

/**
 * Starts `serverless offline start`, which serves HTTP, the Lambda endpoint, schedules and Kafka mappings in one process.
 * @param environment called with the ports in use, because functions learn their own endpoint
 * @throws PipelineError SERVICE_FAILED with what serverless printed
 */
export async function startFunctions(
  place: Place,
  ports: Pick<Ports, 'http' | 'lambda' | 'mappings'>,
  environment: (lambdaPort: number) => NodeJS.ProcessEnv
): Promise<RunningFunctions> {
  const log = new LogFile(join(place.logs, 'functions.log'))
  const serverless = join(createRequire(join(place.root, 'package.json')).resolve('serverless/package.json'), '..', 'bin', 'serverless.js')
  const avoid = new Set<number>()
  for (let { http, lambda } = ports; ; ) {
    try {
      const service = await startNodeService({
        name: 'serverless offline',
        args: [
          ...[...HEAP_FLAGS, serverless, 'offline', 'start', '--host', '127.0.0.1', '--noPrependStageInUrl'],
          ...['--httpPort', String(http), '--lambdaPort', String(lambda)]
        ],
        cwd: place.root,
        env: { ...environment(lambda), SLUICE_BUILD_FOLDER: `.esbuild/${lambda}`, SLUICE_MAPPINGS_PORT: String(ports.mappings) },
        log,
        ready,
        timeoutMs: START_TIMEOUT_MS,
        stopMs: STOP_MS
      })
      return { ...service, port: http, lambdaPort: lambda }
    } catch (error) {
      if (!(error instanceof PortInUse) || avoid.size >= PORT_ATTEMPTS) throw error
      avoid.add(http).add(lambda)
      http = await freePort([http + 10], avoid)
      lambda = await freePort([lambda + 10], new Set([...avoid, http]))
    }
  }
}
