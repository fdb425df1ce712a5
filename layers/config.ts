// Which servers and settings does this process use? The only file that interprets process.env (log.ts needs LOG_LEVEL before it).
import { z } from 'zod'
import { PipelineError } from './errors'

const hostPort = /^(\[[0-9a-fA-F:]+\]|[^\s:,/]+):\d{1,5}$/
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/[^\s]+$/, 'must be a postgres:// URL')

const environment = z.object({
  KAFKA_BROKERS: z
    .string()
    .transform(list => list.split(',').map(broker => broker.trim()))
    .refine(brokers => brokers.every(broker => hostPort.test(broker)), 'must be host:port, several separated by commas'),
  DATABASE_URL: postgresUrl,
  TIMESCALE_URL: postgresUrl.optional(),
  MYSQL_URL: z
    .string()
    .regex(/^(mysql|mariadb|postgres|postgresql):\/\/[^\s]+$/, 'must be a mysql:// URL')
    .optional(),
  LAKE_URL: z
    .string()
    .regex(/^(file:.+|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s]*)?)$/, 'must be file:<folder> or s3://<bucket>/<prefix>')
    .default('file:.sluice/lake'),
  LAMBDA_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http:// URL' }).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info')
})

/** Variables of this prefix are ours: one that is not in the table is a spelling mistake. */
const ownPrefix = 'SLUICE_'
const knownOwn = new Set(['SLUICE_CONTRACTS', 'SLUICE_STATE', 'SLUICE_SUPERVISED', 'SLUICE_REAL_DATA'])

export interface Config {
  readonly kafkaBrokers: readonly string[]
  readonly databaseUrl: string
  /** The same server as `databaseUrl` where TIMESCALE_URL is not set. */
  readonly timescaleUrl: string
  /** Where the device tables are: MySQL, or the tables that stand in for it in `databaseUrl` where MYSQL_URL is not set. */
  readonly mysqlUrl: string
  /** `file:<folder>`, relative to the working directory unless absolute, or `s3://<bucket>/<prefix>`. */
  readonly lakeUrl: string
  readonly lambdaEndpoint?: string
  readonly logLevel: string
}

/**
 * Reads and checks the environment.
 * @param env variables, by default those of the process; an empty value counts as not set
 * @throws PipelineError CONFIG_INVALID naming the variable, its value (never that of a URL, which may hold a password) and the rule
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const unknown = Object.keys(env).find(key => key.startsWith(ownPrefix) && !knownOwn.has(key))
  if (unknown)
    throw new PipelineError('CONFIG_INVALID', `environment: ${unknown} is not a setting of Sluice`, {
      remedy: `Unset it; known are ${[...knownOwn].join(', ')}.`
    })
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environment.safeParse(present)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const key = String(issue.path[0])
    const value = present[key] === undefined ? 'is not set' : /URL/.test(key) ? 'is malformed' : `is '${present[key]}'`
    throw new PipelineError(
      'CONFIG_INVALID',
      `environment: ${key} ${value}: ${present[key] === undefined ? 'it is required' : issue.message}`
    )
  }
  const values = parsed.data
  return Object.freeze({
    kafkaBrokers: Object.freeze(values.KAFKA_BROKERS),
    databaseUrl: values.DATABASE_URL,
    timescaleUrl: values.TIMESCALE_URL ?? values.DATABASE_URL,
    mysqlUrl: values.MYSQL_URL ?? values.DATABASE_URL,
    lakeUrl: values.LAKE_URL,
    lambdaEndpoint: values.LAMBDA_ENDPOINT,
    logLevel: values.LOG_LEVEL
  })
}

/** Whether S3 is a server of one's own instead of AWS, by the variables that the AWS SDK itself reads. */
export const ownS3Endpoint = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'])

/** Keeps the AWS SDK from printing its warning about coming versions of Node into the output. */
export function quietAwsSdk(env: NodeJS.ProcessEnv = process.env): void {
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
}

let current: Config | undefined

/** The configuration of this process, read once. */
export function config(): Config {
  current ??= readConfig()
  return current
}
