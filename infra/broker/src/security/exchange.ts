// What do client and broker say to each other by each SASL mechanism, until it is known who the client is?
import { randomBytes } from 'node:crypto'
import { isProven, type ScramHash, type ScramKeys, serverSignature } from './scram-keys'
import { type Mechanism, scramHashes, type Users } from './users'

/** The client is not who it says, or does not follow the mechanism. The message may go to the client: it tells no more than it knows. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError'
}

/** One side of an exchange: takes the client's message, gives the answer, and knows the user once it is over. */
export interface Exchange {
  answer(message: Buffer): Buffer
  /** Set when the client has proven who it is. */
  readonly user: string | undefined
}

// PLAIN (RFC 4616): message => [authzid] NUL authcid NUL passwd          answered by nothing
class PlainExchange implements Exchange {
  user: string | undefined

  constructor(private readonly users: Users) {}

  answer(message: Buffer): Buffer {
    const parts = message.toString('utf8').split('\0')
    const [authorizationId, name, password] = parts as [string, string, string]
    if (parts.length !== 3 || name === '' || password === '')
      throw new AuthenticationError('Invalid SASL/PLAIN response: expected a user name and a password')
    if (authorizationId !== '' && authorizationId !== name)
      throw new AuthenticationError('Authentication failed: Client requested an authorization id that is different from username')
    if (!this.users.hasPassword(name, password)) throw new AuthenticationError('Authentication failed: Invalid username or password')
    this.user = name
    return Buffer.alloc(0)
  }
}

const nonceBytes = 18

// SCRAM (RFC 5802, RFC 7677), server's side:
//
// | state | client's message                                       | answer                     | next state |
// |-------|--------------------------------------------------------|----------------------------|------------|
// | first | n,[a=authzid],n=name,r=nonce[,extensions]              | r=nonce+ours,s=salt,i=4096 | final      |
// | final | c=base64(header of the first),r=nonce+ours,p=proof     | v=server signature         | over       |
//
// Anything else ends the exchange. Channel binding (p=…) is not offered; a client that could (y,) is welcome.
class ScramExchange implements Exchange {
  user: string | undefined
  private first: { name: string; keys: ScramKeys; header: string; nonces: string[]; messages: string } | undefined

  constructor(
    private readonly users: Users,
    private readonly mechanism: Mechanism,
    private readonly hash: ScramHash
  ) {}

  answer(message: Buffer): Buffer {
    const text = message.toString('utf8')
    return Buffer.from(this.first ? this.answerFinal(text, this.first) : this.answerFirst(text))
  }

  private answerFirst(text: string): string {
    const [, header, authorizationId, bare, escapedName, clientNonce] =
      /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(text) ?? []
    if (!header || !bare || !escapedName || !clientNonce) throw new AuthenticationError(`Invalid ${this.mechanism} client first message`)
    const name = escapedName.replaceAll('=2C', ',').replaceAll('=3D', '=')
    if (authorizationId && authorizationId !== escapedName)
      throw new AuthenticationError('Authentication failed: Client requested an authorization id that is different from username')
    const keys = this.users.scramKeys(this.mechanism, name)
    if (!keys) throw this.invalidCredentials()
    const nonce = clientNonce + randomBytes(nonceBytes).toString('base64url')
    const answer = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`
    // librdkafka before 2.6 sends its own nonce twice, which Apache Kafka 4 refuses. Nothing is lost by taking it: the proof covers our nonce.
    this.first = { name, keys, header, nonces: [nonce, clientNonce + nonce], messages: `${bare},${answer}` }
    return answer
  }

  private answerFinal(text: string, { header, keys, messages, name, nonces }: NonNullable<typeof this.first>): string {
    const [, withoutProof, channel, echoed, proof] = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/.exec(text) ?? []
    const isOurs = channel === Buffer.from(header).toString('base64') && nonces.includes(echoed ?? '')
    if (!withoutProof || !proof || !isOurs) throw new AuthenticationError(`Invalid ${this.mechanism} client final message`)
    const authMessage = `${messages},${withoutProof}`
    if (!isProven(this.hash, keys, authMessage, Buffer.from(proof, 'base64'))) throw this.invalidCredentials()
    this.user = name
    return `v=${serverSignature(this.hash, keys, authMessage).toString('base64')}`
  }

  private invalidCredentials(): AuthenticationError {
    return new AuthenticationError(
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${this.mechanism}`
    )
  }
}

/** Begins an exchange by one of the offered mechanisms. */
export function beginExchange(users: Users, mechanism: Mechanism): Exchange {
  const hash = scramHashes[mechanism]
  return hash ? new ScramExchange(users, mechanism, hash) : new PlainExchange(users)
}
