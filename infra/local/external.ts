// Which servers did the user bring, and do they answer?
import { connect } from 'node:net'
import { PipelineError } from '../../layers/errors'

const CONNECT_TIMEOUT_MS = 3_000

/** Servers named by the environment; those are used as they are and never started or stopped. */
export interface External {
  kafka?: string
  database?: string
  timescale?: string
  mysql?: string
  lake?: string
}

const hostPort = /^(\[[0-9a-fA-F:]+\]|[^\s:,/]+):(\d{1,5})$/

/**
 * Reads KAFKA_BROKERS, DATABASE_URL, TIMESCALE_URL, MYSQL_URL and LAKE_URL; an empty value counts as not set.
 * @throws PipelineError CONFIG_INVALID naming the variable (its value only where it cannot hold a password)
 */
export function externalServers(env: NodeJS.ProcessEnv): External {
  const kafka = env['KAFKA_BROKERS'] || undefined
  const wrong = kafka?.split(',').find(broker => !hostPort.test(broker.trim()))
  if (wrong !== undefined)
    throw new PipelineError('CONFIG_INVALID', `environment: KAFKA_BROKERS is '${kafka}': '${wrong}' is not host:port`)
  const url = (name: string, scheme: RegExp, rule: string) => {
    const value = env[name] || undefined
    if (value !== undefined && !(scheme.test(value) && URL.canParse(value))) {
      throw new PipelineError('CONFIG_INVALID', `environment: ${name} is malformed: must be ${rule}`)
    }
    return value
  }
  const postgres = [/^postgres(ql)?:\/\//, 'a postgres:// URL'] as const
  return {
    kafka,
    database: url('DATABASE_URL', ...postgres),
    timescale: url('TIMESCALE_URL', ...postgres),
    mysql: url('MYSQL_URL', /^(mysql|mariadb):\/\//, 'a mysql:// URL'),
    lake: url('LAKE_URL', /^(file:.|s3:\/\/[a-z0-9])/, 'file:<folder> or s3://<bucket>/<prefix>')
  }
}

/** Whether something takes TCP connections there, within 3 s. */
export function isReachable(host: string, port: number, timeoutMs = CONNECT_TIMEOUT_MS): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, timeout: timeoutMs })
    const answer = (reachable: boolean) => {
      socket.destroy()
      resolve(reachable)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('timeout', () => answer(false))
  })
}

/** Host and port of each server, without what else a URL says. */
export function addressesOf(external: External): { variable: string; host: string; port: number }[] {
  const brokers = (external.kafka ?? '').split(',').filter(broker => broker !== '')
  const urls = { DATABASE_URL: external.database, TIMESCALE_URL: external.timescale, MYSQL_URL: external.mysql }
  return [
    ...brokers.map(broker => {
      const [, host, port] = hostPort.exec(broker.trim())!
      return { variable: 'KAFKA_BROKERS', host: host!, port: Number(port) }
    }),
    ...Object.entries(urls).flatMap(([variable, text]) => {
      if (text === undefined) return []
      const url = new URL(text)
      return [{ variable, host: url.hostname, port: Number(url.port || (variable === 'MYSQL_URL' ? 3306 : 5432)) }]
    })
  ]
}

/** @throws PipelineError KAFKA_UNAVAILABLE when no broker of the list answers, DATABASE_UNAVAILABLE naming variable and address */
export async function checkReachable(external: External): Promise<void> {
  const found = await Promise.all(
    addressesOf(external).map(async address => ({ ...address, reachable: await isReachable(address.host, address.port) }))
  )
  const brokers = found.filter(({ variable }) => variable === 'KAFKA_BROKERS')
  if (brokers.length > 0 && !brokers.some(({ reachable }) => reachable)) {
    throw new PipelineError('KAFKA_UNAVAILABLE', `KAFKA_BROKERS=${external.kafka}: nothing answers there`)
  }
  const dead = found.find(({ variable, reachable }) => variable !== 'KAFKA_BROKERS' && !reachable)
  if (dead) throw new PipelineError('DATABASE_UNAVAILABLE', `${dead.variable}: nothing answers at ${dead.host}:${dead.port}`)
}
