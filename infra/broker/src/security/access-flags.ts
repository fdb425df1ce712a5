// Which keys, certificates and users do the flags of the command name? Read from files, because a command line is seen by every process.
import { readFileSync } from 'node:fs'
import { FlagError } from '../errors'
import type { TlsOptions } from './tls'
import type { Mechanism, SaslOptions } from './users'
import { mechanisms } from './users'

/** Environment variable with what the file of `--sasl-users` would say. */
export const saslUsersVariable = 'SLUICE_BROKER_SASL_USERS'

export interface AccessFlags {
  'tls-key'?: string
  'tls-cert'?: string
  'tls-ca'?: string
  'sasl-users'?: string
  'sasl-mechanisms'?: string
}

function fileOf(flag: keyof AccessFlags, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new FlagError(`--${flag} ${path}: cannot be read (${(error as NodeJS.ErrnoException).code}). Name a file that is there.`)
  }
}

function tlsOf(flags: AccessFlags): TlsOptions | undefined {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = flags
  if (key === undefined && cert === undefined && ca === undefined) return undefined
  if (key === undefined || cert === undefined)
    throw new FlagError('TLS needs both a key and its certificate. Give --tls-key and --tls-cert.')
  return {
    key: fileOf('tls-key', key),
    cert: fileOf('tls-cert', cert),
    ...(ca === undefined ? {} : { ca: fileOf('tls-ca', ca) })
  }
}

// users => line*; line => name "=" password | "#" comment | nothing       the name ends at the first "="
function usersIn(text: string, source: string): Record<string, string> {
  const users: [string, string][] = text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const at = line.indexOf('=')
    // the line itself is not repeated: it may be a password
    if (at < 1 || at === line.length - 1) throw new FlagError(`${source}, line ${index + 1}: must be name=password.`)
    return [[line.slice(0, at).trim(), line.slice(at + 1)]]
  })
  const names = new Set<string>()
  for (const [name] of users) {
    if (names.has(name)) throw new FlagError(`${source}: the user ${name} is named twice. Keep one line.`)
    names.add(name)
  }
  if (users.length === 0) throw new FlagError(`${source}: names no user. Write a line name=password for each.`)
  return Object.fromEntries(users)
}

function mechanismsOf(text: string | undefined): readonly Mechanism[] | undefined {
  if (text === undefined) return undefined
  const names = text.split(',').map(each => each.trim().toUpperCase())
  const unknown = names.find(each => !(mechanisms as readonly string[]).includes(each))
  if (unknown !== undefined) throw new FlagError(`--sasl-mechanisms ${text}: "${unknown}" is none. There are ${mechanisms.join(', ')}.`)
  return names as Mechanism[]
}

function saslOf(flags: AccessFlags, environment: NodeJS.ProcessEnv): SaslOptions | undefined {
  const offered = mechanismsOf(flags['sasl-mechanisms'])
  const { 'sasl-users': path } = flags
  const variable = environment[saslUsersVariable]
  if (path !== undefined && variable !== undefined)
    throw new FlagError(`Users are named by --sasl-users and by ${saslUsersVariable}. Leave one out.`)
  if (path === undefined && variable === undefined) {
    if (offered) throw new FlagError(`--sasl-mechanisms ${flags['sasl-mechanisms']}: needs users. Name them with --sasl-users.`)
    return undefined
  }
  const users = path === undefined ? usersIn(variable!, saslUsersVariable) : usersIn(fileOf('sasl-users', path), `--sasl-users ${path}`)
  return { users, ...(offered ? { mechanisms: offered } : {}) }
}

/** What the flags of TLS and SASL ask for. Throws FlagError, which never tells a password. */
export function readAccess(flags: AccessFlags, environment: NodeJS.ProcessEnv): { tls?: TlsOptions; sasl?: SaslOptions } {
  const tls = tlsOf(flags)
  const sasl = saslOf(flags, environment)
  return { ...(tls ? { tls } : {}), ...(sasl ? { sasl } : {}) }
}
