// Which flags does the command take, and what is said of one that cannot be used?
import { parseArgs } from 'node:util'
import { FlagError } from './errors'
import { type BrokerOptions, wholeNumbers } from './options'
import { readAccess, saslUsersVariable } from './security/access-flags'

export const defaultPort = 9092

export const help = `sluice-broker: an embedded broker that speaks the Kafka protocol, for development and tests

Usage: sluice-broker [flags]

  --port <number>        port to listen on, 0 for a free one (${defaultPort})
  --host <address>       address to listen on and to tell clients (127.0.0.1)
  --listen-anywhere      allow a host beyond loopback; any peer that TLS and SASL let in may read and write everything
  --data-dir <folder>    keep topics, records and offsets there; without it all is gone at the end
  --partitions <number>  partitions of topics created without a number (1)
  --no-auto-create       do not create topics because a client asks for them
  --flush-ms <number>    milliseconds until appends are synchronised to disk, 0 before each answer (1000)
  --config <name=value>  a broker setting of Kafka's that is the default of topics, as log.retention.ms=-1; may be given again
  --cleanup-ms <number>  milliseconds between two looks for what retention lets go and what is to be compacted (5000)
  --tls-key <file>       listen with TLS: the private key, in PEM
  --tls-cert <file>      its certificate, in PEM, with those between it and the root
  --tls-ca <file>        also ask clients for a certificate of this authority, in PEM
  --sasl-users <file>    let in only these users; a file with a line name=password for each, or the
                         variable ${saslUsersVariable} with the same lines
  --sasl-mechanisms <names>  those offered, with commas between (PLAIN,SCRAM-SHA-256,SCRAM-SHA-512)
  --help                 print this
  --version              print the version
`

const flags = {
  port: { type: 'string' },
  host: { type: 'string' },
  'listen-anywhere': { type: 'boolean' },
  'data-dir': { type: 'string' },
  partitions: { type: 'string' },
  'no-auto-create': { type: 'boolean' },
  'flush-ms': { type: 'string' },
  config: { type: 'string', multiple: true },
  'cleanup-ms': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-ca': { type: 'string' },
  'sasl-users': { type: 'string' },
  'sasl-mechanisms': { type: 'string' },
  help: { type: 'boolean' },
  version: { type: 'boolean' }
} as const

function numberOf(flag: string, given: string | undefined, option: keyof typeof wholeNumbers): number | undefined {
  if (given === undefined) return undefined
  const { max, min } = wholeNumbers[option]
  const value = Number(given)
  if (/^\d+$/.test(given) && value >= min && value <= max) return value
  throw new FlagError(`--${flag} ${given}: must be a whole number from ${min} to ${max}.`)
}

function configsOf(given: string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map(each => {
      const at = each.indexOf('=')
      if (at < 1) throw new FlagError(`--config ${each}: must be a name and a value, as log.retention.ms=-1.`)
      return [each.slice(0, at), each.slice(at + 1)]
    })
  )
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags, strict: true, allowPositionals: false }).values
  } catch (error) {
    const { message } = error as Error
    throw new FlagError(`${message.split('. ')[0]}. See sluice-broker --help for the flags there are.`)
  }
}

export type Command = { kind: 'help' } | { kind: 'version' } | { kind: 'start'; options: BrokerOptions }

/** What a command line, and the variable for users, ask for; reads the files that it names. Throws FlagError. */
export function readFlags(args: string[], environment: NodeJS.ProcessEnv = {}): Command {
  const values = parse(args)
  if (values.help) return { kind: 'help' }
  if (values.version) return { kind: 'version' }
  if (values['data-dir'] === '') throw new FlagError('--data-dir "": must name a folder. Leave the flag out to keep all in memory.')
  return {
    kind: 'start',
    options: {
      port: numberOf('port', values.port, 'port') ?? defaultPort,
      host: values.host,
      listenAnywhere: values['listen-anywhere'],
      dataDir: values['data-dir'],
      defaultPartitions: numberOf('partitions', values.partitions, 'defaultPartitions'),
      autoCreateTopics: !values['no-auto-create'],
      flushMs: numberOf('flush-ms', values['flush-ms'], 'flushMs'),
      configs: configsOf(values.config),
      cleanupMs: numberOf('cleanup-ms', values['cleanup-ms'], 'cleanupMs'),
      ...readAccess(values, environment)
    }
  }
}
