// What may be set for this machine alone, under `custom`? Read when the command starts, as other plugins may set it before.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AccessError, checkAccess, type SaslAccess, saslMechanisms, type TlsAccess } from '../client/access'
import { type BackoffLimits, RETRY_BACKOFF } from '../client/backoff'
import { ConfigurationError, HIDDEN } from './configuration-error'
import type { LocalTarget } from './mapping'
import { flag, integer, isMap, oneOf, type Rule, type Rules, readSettings, type Settings, text } from './rules'
import { servers } from './values'

/** The key under `custom`: the package's name. */
export const OPTIONS_KEY = 'serverless-offline-kafka-event-source'
/** Where it stands in serverless.yml. */
export const OPTIONS_PATH = `custom.${OPTIONS_KEY}`

/** How one cluster is reached from here, instead of as on AWS. */
export interface ClusterOptions {
  bootstrapServers?: string[]
  /** `false`: without TLS, whatever the event says. */
  tls?: TlsAccess | false
  sasl?: SaslAccess | false
}

/** What a secret holds: the keys of the secrets that Lambda reads, and PEM texts instead of paths. */
export interface Credentials {
  username?: string
  password?: string
  certificate?: string
  privateKey?: string
  privateKeyPassword?: string
}

export interface MappingOptions {
  /** Used instead of every mapping's own servers. */
  bootstrapServers?: string[]
  /** By an MSK cluster's ARN, or the servers of a self-managed one as `clusterKey` writes them. */
  clusters?: Record<string, ClusterOptions>
  /** By a secret's ARN. */
  credentials?: Record<string, Credentials>
  retryBackoff?: BackoffLimits
  /** By the destination's ARN. */
  destinations?: Record<string, LocalTarget>
  /** Topics that do not exist are created with so many partitions. */
  createTopics?: { partitions: number }
  /** How long a stop waits for functions that still run; without it, as long as their timeout. */
  stopTimeoutMs?: number
  /** Where /status and Lambda's list of mappings are served; 0: any port. Not at all without it. */
  statusPort?: number
}

/** Bound of both pauses: beyond an hour nobody waits for a retry on their own machine. */
const BACKOFF_MS_MAX = 3_600_000
const PARTITIONS_MAX = 1000
const STOP_MS_MAX = 900_000

const secretText = text(/[\s\S]/, 'Set a text, for instance from an environment variable.', true)
const plainText = text(/[\s\S]/, 'Set a text.')
const pem: Rule = { ...text(/[\s\S]/, 'Set PEM text or the path of a PEM file.', true) }

const credentialKeys: Rules = {
  username: secretText,
  password: secretText,
  certificate: pem,
  privateKey: pem,
  privateKeyPassword: secretText
}

const tlsKeys: Rules = { ca: pem, cert: pem, key: pem, passphrase: secretText, isUnverified: flag }
const saslKeys: Rules = { mechanism: oneOf(saslMechanisms), username: secretText, password: secretText }

/** `true`, `false`, or a map. */
const switchOr =
  (keys: Rules, words: readonly boolean[], remedy: string): ((value: unknown) => Rule) =>
  value =>
    typeof value === 'boolean' && words.includes(value) ? { take: () => value, remedy } : { keys, remedy, isSecret: true }

const target: Rule = {
  keys: {
    directory: plainText,
    endpoint: text(/^(aws|https?:\/\/[^\s/]+.*)$/, "Set a server's URL such as http://127.0.0.1:4566, or aws for AWS itself.")
  },
  remedy: 'Set { directory } or { endpoint }.'
}

const destinationTargets: Rule = {
  keys: key =>
    key.startsWith('arn:')
      ? target
      : { refusal: 'Set the ARN of a queue, topic or bucket here; a kafka:// destination is in the cluster itself.' },
  remedy: 'Set a map of ARNs to { directory } or { endpoint }.'
}

const optionKeys = (clusters: unknown): Rules => ({
  bootstrapServers: servers,
  clusters: {
    keys: key => {
      const entry = isMap(clusters) ? clusters[key] : undefined
      const { tls, sasl } = isMap(entry) ? entry : {}
      return {
        keys: {
          bootstrapServers: servers,
          tls: switchOr(tlsKeys, [true, false], 'Set true, false or a map with ca, cert, key.')(tls),
          sasl: switchOr(saslKeys, [false], 'Set false or a map with mechanism, username and password.')(sasl)
        },
        remedy: 'Set a map with bootstrapServers, tls or sasl.'
      }
    },
    remedy: 'Set a map of cluster ARNs or lists of servers.'
  },
  credentials: {
    keys: () => ({ keys: credentialKeys, remedy: 'Set a map with what the secret holds.', isSecret: true }),
    remedy: "Set a map of secrets' ARNs to what they hold.",
    isSecret: true
  },
  retryBackoff: {
    keys: { firstMs: integer(1, BACKOFF_MS_MAX, 'milliseconds'), mostMs: integer(1, BACKOFF_MS_MAX, 'milliseconds') },
    remedy: 'Set a map with firstMs, mostMs or both.'
  },
  destinations: destinationTargets,
  createTopics: {
    keys: { partitions: integer(1, PARTITIONS_MAX, 'partitions') },
    isEmptyRefused: true,
    remedy: 'Set { partitions }: with how many a topic that does not exist is created.'
  },
  stopTimeoutMs: integer(0, STOP_MS_MAX, 'milliseconds'),
  statusPort: { ...integer(0, 65_535, ''), remedy: 'Set a port from 1 to 65535, or 0 for any that is free.' }
})

/** The same for the same servers in another order. */
export const clusterKey = (servers: readonly string[]): string => [...servers].sort().join(',')

/**
 * Reads `custom.serverless-offline-kafka-event-source`.
 * @param servicePath where paths in it begin
 * @throws ConfigurationError for an unknown key or a malformed value; values of secrets are never in its text
 */
export function readOptions(custom: unknown, servicePath = process.cwd()): MappingOptions {
  const settings = (custom as Settings | undefined)?.[OPTIONS_KEY] ?? {}
  if (!isMap(settings)) throw new ConfigurationError({ path: 'custom', key: OPTIONS_KEY }, settings, 'Set a map of options.')
  const read = readSettings(settings, optionKeys(settings['clusters']), OPTIONS_PATH, 'known') as Settings & {
    clusters?: Record<string, { bootstrapServers?: string[]; tls?: TlsAccess | boolean; sasl?: SaslAccess | false }>
    credentials?: Record<string, Credentials>
    destinations?: Record<string, { directory?: string; endpoint?: string }>
    retryBackoff?: Partial<BackoffLimits>
  }
  const { clusters, credentials, destinations, retryBackoff, ...others } = read
  return {
    ...others,
    ...(clusters && {
      clusters: mapEntries(clusters, clusterName, (entry, key) => clusterOptions(entry, servicePath, `${OPTIONS_PATH}.clusters.${key}`))
    }),
    ...(credentials && {
      credentials: mapEntries(credentials, same, (entry, key) => secret(entry, servicePath, `${OPTIONS_PATH}.credentials.${key}`))
    }),
    ...(destinations && { destinations: mapEntries(destinations, same, (entry, key) => localTarget(entry, servicePath, key)) }),
    ...(retryBackoff && { retryBackoff: backoffLimits(retryBackoff) })
  }
}

const same = (key: string) => key

function mapEntries<From, To>(
  map: Record<string, From>,
  nameOf: (key: string) => string,
  read: (entry: From, key: string) => To
): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([key, entry]) => [nameOf(key), read(entry, key)]))
}

/** An ARN is itself; anything else has to be a list of servers. */
function clusterName(key: string): string {
  if (key.startsWith('arn:')) return key
  const list = 'take' in servers ? (servers.take(key) as string[] | undefined) : undefined
  if (list) return clusterKey(list)
  throw new ConfigurationError(
    { path: `${OPTIONS_PATH}.clusters`, key },
    undefined,
    'Name the cluster by its ARN, or by its bootstrap servers with commas.'
  )
}

function clusterOptions(
  { bootstrapServers, tls, sasl }: { bootstrapServers?: string[]; tls?: TlsAccess | boolean; sasl?: SaslAccess | false },
  servicePath: string,
  path: string
): ClusterOptions {
  const texts = typeof tls === 'object' ? pemTexts(tls, ['ca', 'cert', 'key'], servicePath, `${path}.tls`) : tls === true ? {} : tls
  for (const key of ['mechanism', 'username', 'password'] as const) {
    if (sasl && sasl[key] === undefined) {
      throw new ConfigurationError({ path: `${path}.sasl`, key }, undefined, 'Set mechanism, username and password.')
    }
  }
  const read: ClusterOptions = {
    ...(bootstrapServers && { bootstrapServers }),
    ...(texts !== undefined && { tls: texts }),
    ...(sasl !== undefined && { sasl })
  }
  checkUsable({ tls: read.tls || undefined, sasl: read.sasl || undefined }, path)
  return read
}

function secret(entry: Credentials, servicePath: string, path: string): Credentials {
  return pemTexts(entry, ['certificate', 'privateKey'], servicePath, path)
}

/** Refuses certificates, keys and names that no broker could be spoken to with. */
export function checkUsable(access: { tls?: TlsAccess; sasl?: SaslAccess }, path: string): void {
  try {
    checkAccess({ bootstrapServers: [], ...access })
  } catch (error) {
    if (!(error instanceof AccessError)) throw error
    throw new ConfigurationError({ path, key: error.field }, HIDDEN, `It cannot be used: ${error.reason}.`)
  }
}

/** The text itself, or that of the file it names. */
function pemTexts<T extends object>(entry: T, keys: ReadonlyArray<keyof T & string>, servicePath: string, path: string): T {
  const texts = { ...entry }
  for (const key of keys) {
    const value = entry[key] as string | undefined
    if (value === undefined || value.includes('-----BEGIN')) continue
    try {
      texts[key] = readFileSync(resolve(servicePath, value), 'utf8') as T[typeof key]
    } catch (error) {
      throw new ConfigurationError(
        { path, key },
        HIDDEN,
        `It is neither PEM text nor a file that can be read (${(error as NodeJS.ErrnoException).code}).`
      )
    }
  }
  return texts
}

function localTarget({ directory, endpoint }: { directory?: string; endpoint?: string }, servicePath: string, arn: string): LocalTarget {
  if ((directory === undefined) === (endpoint === undefined)) {
    const value = { ...(directory && { directory }), ...(endpoint && { endpoint }) }
    throw new ConfigurationError({ path: `${OPTIONS_PATH}.destinations`, key: arn }, value, 'Set either { directory } or { endpoint }.')
  }
  return directory === undefined ? { endpoint: endpoint! } : { directory: resolve(servicePath, directory) }
}

function backoffLimits({ firstMs, mostMs }: Partial<BackoffLimits>): BackoffLimits {
  const first = firstMs ?? Math.min(RETRY_BACKOFF.firstMs, mostMs ?? Infinity)
  const most = mostMs ?? Math.max(RETRY_BACKOFF.mostMs, first)
  if (first > most) {
    throw new ConfigurationError({ path: `${OPTIONS_PATH}.retryBackoff`, key: 'firstMs' }, firstMs, `Set at most mostMs, ${most}.`)
  }
  return { firstMs: first, mostMs: most }
}
