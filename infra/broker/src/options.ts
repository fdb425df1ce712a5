// What can a broker be told, and what is said of an option that cannot be used?
import type { Clock } from './clock'
import { BrokerStartError } from './errors'
import type { Limits } from './limits'
import { nearest } from './nearest'
import type { TlsOptions } from './security/tls'
import type { SaslOptions } from './security/users'

export interface BrokerOptions {
  /** 0, the default, takes a free port. */
  port?: number
  /** Address to listen on and to tell clients; 127.0.0.1 by default. */
  host?: string
  /** Allows a host beyond loopback. Any peer that `tls` and `sasl` let in may read and write everything. */
  listenAnywhere?: boolean
  /** Listens with TLS, and with `ca` only for clients with a certificate of that authority. */
  tls?: TlsOptions
  /** Lets in only these users, each by one of the mechanisms. */
  sasl?: SaslOptions
  /** Where topics, records and offsets are kept; without one they live in memory. */
  dataDir?: string
  /** Partitions of topics that are created without a number; 1 by default. */
  defaultPartitions?: number
  /** Whether a client that asks for a topic may thereby create it; true by default. */
  autoCreateTopics?: boolean
  /** Milliseconds until appended bytes are synchronised to disk; 0 synchronises each append before it is answered. 1000 by default. */
  flushMs?: number
  /** Bytes after which a log goes on in a new file; 64 MiB by default. */
  segmentBytes?: number
  /** Settings of the broker by Kafka's names, as defaults of its topics: `{ 'log.retention.ms': '-1' }`. */
  configs?: Record<string, string>
  /** Milliseconds between two looks for what retention lets go and what is to be compacted; 5000 by default. */
  cleanupMs?: number
  /** Milliseconds that an empty group waits for further members before its first generation; 0 by default. */
  initialRebalanceDelayMs?: number
  /** Milliseconds after which a silent member of the new consumer protocol (KIP-848) is gone; 45,000 by default, as in Apache Kafka. */
  consumerSessionTimeoutMs?: number
  /** Milliseconds between heartbeats of that protocol, by which members learn what to read; 1000 by default, where Apache Kafka has 5000. */
  consumerHeartbeatIntervalMs?: number
  /** Bounds of what clients may ask for; those left out have their default. */
  limits?: Partial<Limits>
  /** Told what is worth knowing but stops nothing: a connection that was refused, a torn tail that was cut. */
  log?: (message: string) => void
  /** What time-outs and retention run by; a `ManualClock` stands still until a test moves it. */
  clock?: Clock
}

interface WholeNumber {
  min: number
  max: number
  /** What it is where nothing was given. */
  default: number
}

const hourMs = 3_600_000

/** The options that are whole numbers. */
export const wholeNumbers = {
  port: { min: 0, max: 65_535, default: 0 },
  defaultPartitions: { min: 1, max: 10_000, default: 1 },
  flushMs: { min: 0, max: hourMs, default: 1000 },
  segmentBytes: { min: 1, max: 1024 ** 3, default: 64 * 1024 ** 2 },
  cleanupMs: { min: 1, max: hourMs, default: 5000 },
  initialRebalanceDelayMs: { min: 0, max: hourMs, default: 0 },
  consumerSessionTimeoutMs: { min: 1, max: hourMs, default: 45_000 },
  consumerHeartbeatIntervalMs: { min: 1, max: hourMs, default: 1000 }
} as const satisfies { [Name in keyof BrokerOptions]?: WholeNumber }

type NumberName = keyof typeof wholeNumbers

/** What the other options are, as `typeof` says it. */
const types: Record<Exclude<keyof BrokerOptions, NumberName>, 'string' | 'boolean' | 'object' | 'function'> = {
  host: 'string',
  listenAnywhere: 'boolean',
  tls: 'object',
  sasl: 'object',
  dataDir: 'string',
  autoCreateTopics: 'boolean',
  configs: 'object',
  limits: 'object',
  log: 'function',
  clock: 'object'
}

/** Options in which no number is missing. */
export type CheckedOptions = BrokerOptions & Record<NumberName, number>

const names = [...Object.keys(wholeNumbers), ...Object.keys(types)]

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value)
}

/** What is wrong with an option; undefined when nothing is. */
function problemOf(name: string, value: unknown): string | undefined {
  if (name in wholeNumbers) {
    const { max, min } = wholeNumbers[name as NumberName]
    const fits = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
    return fits ? undefined : `must be a whole number from ${min} to ${max}, not ${shown(value)}.`
  }
  if (!(name in types)) return `there is no such option. Did you mean ${nearest(name, names)}?`
  const type = types[name as keyof typeof types]
  if (typeof value !== type || value === null) return `must be of type ${type}, not ${shown(value)}.`
  return value === '' ? 'must not be empty. Leave it out instead.' : undefined
}

/**
 * The options with their defaults; those that are undefined count as left out.
 * @throws BrokerStartError OPTION_UNUSABLE that names an option which is not there, or cannot have its value
 */
export function checkOptions(given: BrokerOptions): CheckedOptions {
  const options = Object.fromEntries(Object.entries(wholeNumbers).map(([name, range]) => [name, range.default]))
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const problem = problemOf(name, value)
    if (problem) throw new BrokerStartError('OPTION_UNUSABLE', `${name}: ${problem}`)
    options[name] = value
  }
  return options as unknown as CheckedOptions
}
