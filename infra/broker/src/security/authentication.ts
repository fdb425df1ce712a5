// May this connection be served yet, and what is it answered until then?
import { type Apis, errorCodes, type ResponseInput } from '../protocol'
import { AuthenticationError, beginExchange, type Exchange } from './exchange'
import type { Mechanism, Users } from './users'

// One per connection, as in Apache Kafka. What is not in the table closes the connection.
//
// | state          | ApiVersions | SaslHandshake v0      | SaslHandshake v1       | SaslAuthenticate    | frame without header | anything else |
// |----------------|-------------|-----------------------|------------------------|---------------------|----------------------|---------------|
// | handshake      | answered    | → raw exchange        | → exchange             |                     |                      |               |
// | exchange       | answered    |                       |                        | → done at its end   |                      |               |
// | raw exchange   |             |                       |                        |                     | → done at its end    |               |
// | done           | answered    | ILLEGAL_SASL_STATE    | ILLEGAL_SASL_STATE     | ILLEGAL_SASL_STATE  |                      | answered      |
//
// A mechanism that is not offered is answered UNSUPPORTED_SASL_MECHANISM, a failed exchange SASL_AUTHENTICATION_FAILED (the raw one by
// nothing), and then the connection is closed. A raw exchange (before KIP-152) is frames of a size and the mechanism's message, nothing else.
type State = 'handshake' | 'exchange' | 'raw exchange' | 'done'

/** Bytes of one message of a mechanism, as Apache Kafka's `sasl.server.max.receive.size`. */
export const tokenBytesMax = 524_288

/** An answer, and whether the connection ends after it. */
export interface Step<Response> {
  response: Response
  isLast: boolean
}

export class Authentication {
  private state: State = 'handshake'
  private exchange: Exchange | undefined

  constructor(private readonly users: Users) {}

  get isDone(): boolean {
    return this.state === 'done'
  }

  /** Whether the next frame is a mechanism's message without Kafka's header. */
  get isRaw(): boolean {
    return this.state === 'raw exchange'
  }

  get user(): string | undefined {
    return this.exchange?.user
  }

  handshake(mechanism: string, version: number): Step<ResponseInput<Apis['saslHandshake']>> {
    if (this.state !== 'handshake') throw new AuthenticationError('SaslHandshake while another exchange is under way')
    const { mechanisms } = this.users
    const isOffered = (mechanisms as readonly string[]).includes(mechanism)
    if (!isOffered) return { response: { errorCode: errorCodes.UNSUPPORTED_SASL_MECHANISM, mechanisms }, isLast: true }
    this.exchange = beginExchange(this.users, mechanism as Mechanism)
    this.state = version === 0 ? 'raw exchange' : 'exchange'
    return { response: { errorCode: errorCodes.NONE, mechanisms }, isLast: false }
  }

  authenticate(message: Buffer): Step<ResponseInput<Apis['saslAuthenticate']>> {
    if (this.state !== 'exchange') throw new AuthenticationError('SaslAuthenticate before SaslHandshake')
    try {
      return { response: { errorCode: errorCodes.NONE, authBytes: this.proceed(message) }, isLast: false }
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      const errorCode = errorCodes.SASL_AUTHENTICATION_FAILED
      return { response: { errorCode, errorMessage: error.message, authBytes: Buffer.alloc(0) }, isLast: true }
    }
  }

  /** The answer to a message that came without a header. Throws AuthenticationError. */
  proceed(message: Buffer): Buffer {
    const answer = this.exchange!.answer(message)
    if (this.exchange!.user !== undefined) this.state = 'done'
    return answer
  }
}
