// Who may use the broker, and by which SASL mechanisms? Checked and prepared once, at the start.
import { createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { BrokerStartError } from '../errors'
import { keysOf, type ScramHash, type ScramKeys } from './scram-keys'

const pbkdf2Async = promisify(pbkdf2)

export interface SaslOptions {
  /** Password by user name. */
  users: Record<string, string>
  /** Those offered, in this order; all by default. */
  mechanisms?: readonly Mechanism[]
}

/** Mechanism by its registered name; PLAIN sends the password itself, so use it with TLS or on loopback. */
export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type Mechanism = (typeof mechanisms)[number]

export const scramHashes: Partial<Record<Mechanism, ScramHash>> = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' }

/** Rounds of PBKDF2, the least that Apache Kafka takes. */
const iterations = 4096
const saltBytes = 16

function refuse(message: string): never {
  throw new BrokerStartError('SASL_UNUSABLE', message)
}

function checked({ mechanisms: offered = mechanisms, users }: SaslOptions): readonly Mechanism[] {
  const unknown = offered.find(each => !mechanisms.includes(each))
  if (unknown !== undefined) refuse(`The SASL mechanism ${unknown} is not spoken here. Use some of ${mechanisms.join(', ')}.`)
  if (offered.length === 0) refuse(`No SASL mechanism is offered. Name some of ${mechanisms.join(', ')}, or leave them out for all.`)
  if (Object.keys(users).length === 0) refuse('There is no SASL user, so that nobody could connect. Name one at least.')
  for (const [name, password] of Object.entries(users)) {
    if (name === '' || name.includes('\0')) refuse('A SASL user has no usable name. Give each a name without NUL.')
    if (typeof password !== 'string' || password === '') refuse(`The SASL user ${name} has no password. Give each one.`)
  }
  return offered
}

/** The users of one broker. Neither this nor its errors tell a password. */
export class Users {
  // with a key of this process alone, so that what is kept and compared says nothing about a password
  private readonly pepper = randomBytes(32)
  private readonly plain = new Map<string, Buffer>()
  private readonly scram = new Map<string, ScramKeys>()

  private constructor(readonly mechanisms: readonly Mechanism[]) {}

  /**
   * Prepares what the mechanisms compare with.
   * @throws BrokerStartError SASL_UNUSABLE that names the user or mechanism which cannot be used
   */
  static async of(options: SaslOptions): Promise<Users> {
    const users = new Users(checked(options))
    const preparing: Promise<void>[] = []
    for (const [name, password] of Object.entries(options.users)) {
      users.plain.set(name, users.digest(password))
      for (const mechanism of users.mechanisms) {
        const hash = scramHashes[mechanism]
        if (hash) preparing.push(users.prepare(mechanism, hash, name, password))
      }
    }
    await Promise.all(preparing)
    return users
  }

  private async prepare(mechanism: Mechanism, hash: ScramHash, name: string, password: string): Promise<void> {
    const salt = randomBytes(saltBytes)
    const length = createHash(hash).digest().length
    const salted = await pbkdf2Async(password, salt, iterations, length, hash)
    this.scram.set(`${mechanism} ${name}`, { ...keysOf(hash, salted), salt, iterations })
  }

  private digest(password: string): Buffer {
    return createHash('sha256').update(this.pepper).update(password).digest()
  }

  /** Whether this is the user's password; takes the same time for a user who is not there. */
  hasPassword(name: string, password: string): boolean {
    const known = this.plain.get(name)
    const isEqual = timingSafeEqual(known ?? this.pepper, this.digest(password))
    return known !== undefined && isEqual
  }

  scramKeys(mechanism: Mechanism, name: string): ScramKeys | undefined {
    return this.scram.get(`${mechanism} ${name}`)
  }
}
