// How does a client prove who it is? SASL PLAIN (RFC 4616) and SCRAM (RFC 5802 with the hashes of RFC 7677 and SHA-512), as Apache Kafka has them.
//
// PLAIN           [NUL] user NUL password  →  nothing
// client-first    n,,n=<user>,r=<client nonce>
// server-first    r=<client nonce><server nonce>,s=<salt>,i=<iterations>
// client-final    c=biws,r=<both nonces>,p=<proof>
// server-final    v=<signature> or e=<error>
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { SaslAccess } from './access'

/** RFC 7677 §4 asks for at least as many; fewer would let who listens guess the password. */
const ITERATIONS_MIN = 4096
/** A server that asks for more would keep this process busy. Apache Kafka takes at most 16,384. */
const ITERATIONS_MAX = 1_000_000
/** Random bytes of a nonce, as base64 a printable text without commas. */
const NONCE_BYTES = 24
/** base64 of `n,,`, the GS2 header without channel binding. */
const CHANNEL_BINDING = 'biws'

const derive = promisify(pbkdf2)
const hashes = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const

/** The server does not keep to the mechanism, or does not know the password itself. */
export class SaslError extends Error {
  override name = 'SaslError'
}

/**
 * Says what the mechanism has to say, and checks what the server answers.
 *
 * User name and password go as the UTF-8 of the text given. RFC 5802 would have them prepared by SASLprep (RFC 4013), but neither Apache Kafka's
 * client nor its broker does that: a prepared password would be refused wherever the preparation changes it.
 * @param exchange sends one message and answers with the server's next one
 * @param clientNonce only a test gives one
 * @throws SaslError when the server's messages are not those of the mechanism, or its signature shows that it does not know the password
 */
export async function authenticate(
  { mechanism, username, password }: SaslAccess,
  exchange: (message: Buffer) => Promise<Buffer>,
  clientNonce = randomBytes(NONCE_BYTES).toString('base64')
): Promise<void> {
  if (mechanism === 'PLAIN') {
    await exchange(Buffer.from(`\0${username}\0${password}`))
    return
  }
  const clientFirst = `n=${saslName(username)},r=${clientNonce}`
  const serverFirst = (await exchange(Buffer.from(`n,,${clientFirst}`))).toString()
  const { nonce, salt, iterations } = readServerFirst(serverFirst, clientNonce)
  const clientFinal = `c=${CHANNEL_BINDING},r=${nonce}`
  const { proof, signature } = await prove(hashes[mechanism], password, salt, iterations, `${clientFirst},${serverFirst},${clientFinal}`)
  checkServerFinal((await exchange(Buffer.from(`${clientFinal},p=${proof.toString('base64')}`))).toString(), signature)
}

const saslName = (name: string) => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

// RFC 5802 §5.1: attributes come in this order; an extension before them (m=) is mandatory, and none is known here.
function readServerFirst(message: string, clientNonce: string): { nonce: string; salt: Buffer; iterations: number } {
  const refused = /^e=([^,]*)/.exec(message)
  if (refused) throw new SaslError(`the server refuses: ${refused[1]}`)
  if (message.startsWith('m=')) throw new SaslError('the server wants an extension of SCRAM that this client does not know')
  const found = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,|$)/.exec(message)
  if (!found) throw new SaslError("the server's first message is not one of SCRAM")
  const [, nonce = '', salt = '', count] = found
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length)
    throw new SaslError("the server's nonce does not continue the client's: its answer may be an old one")
  const iterations = Number(count)
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX)
    throw new SaslError(`the server asks for ${iterations} iterations, not for ${ITERATIONS_MIN} to ${ITERATIONS_MAX}`)
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations }
}

/** RFC 5802 §3, by its names. */
async function prove(hash: string, password: string, salt: Buffer, iterations: number, authMessage: string) {
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
  const saltedPassword = await derive(password, salt, iterations, createHash(hash).digest().length, hash)
  const clientKey = hmac(saltedPassword, 'Client Key')
  const storedKey = createHash(hash).update(clientKey).digest()
  const clientSignature = hmac(storedKey, authMessage)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ clientSignature[index]!))
  return { proof, signature: hmac(hmac(saltedPassword, 'Server Key'), authMessage) }
}

// A server that only pretends to know the password cannot sign.
function checkServerFinal(message: string, expected: Buffer): void {
  const refused = /^e=([^,]*)/.exec(message)
  if (refused) throw new SaslError(`the server refuses: ${refused[1]}`)
  const found = /^v=([A-Za-z0-9+/]+={0,2})(?:,|$)/.exec(message)
  if (!found) throw new SaslError("the server's last message is not one of SCRAM")
  const signature = Buffer.from(found[1]!, 'base64')
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
    throw new SaslError(
      "the server's signature is wrong: it does not know this user's password, so it may not be the server it claims to be"
    )
}
