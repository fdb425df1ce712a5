// What does SCRAM derive from a password? RFC 5802, section 3; the password itself is not needed afterwards.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export type ScramHash = 'sha256' | 'sha512'

// SaltedPassword  := Hi(password, salt, i)                    PBKDF2; as UTF-8, not normalized, as Apache Kafka and librdkafka do
// ClientKey       := HMAC(SaltedPassword, "Client Key")
// StoredKey       := H(ClientKey)
// ServerKey       := HMAC(SaltedPassword, "Server Key")
// AuthMessage     := client-first-message-bare "," server-first-message "," client-final-message-without-proof
// ClientSignature := HMAC(StoredKey, AuthMessage)
// ClientProof     := ClientKey XOR ClientSignature
// ServerSignature := HMAC(ServerKey, AuthMessage)
export interface ScramKeys {
  salt: Buffer
  iterations: number
  storedKey: Buffer
  serverKey: Buffer
}

function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest()
}

/** What a server keeps of a salted password. */
export function keysOf(hash: ScramHash, saltedPassword: Buffer): Pick<ScramKeys, 'storedKey' | 'serverKey'> {
  const clientKey = hmac(hash, saltedPassword, 'Client Key')
  return { storedKey: createHash(hash).update(clientKey).digest(), serverKey: hmac(hash, saltedPassword, 'Server Key') }
}

/** Whether a proof was made by somebody who knows the password; compared in constant time. */
export function isProven(hash: ScramHash, { storedKey }: ScramKeys, authMessage: string, proof: Buffer): boolean {
  const signature = hmac(hash, storedKey, authMessage)
  if (proof.length !== signature.length) return false
  const clientKey = proof.map((byte, index) => byte ^ signature[index]!)
  return timingSafeEqual(createHash(hash).update(clientKey).digest(), storedKey)
}

export function serverSignature(hash: ScramHash, { serverKey }: ScramKeys, authMessage: string): Buffer {
  return hmac(hash, serverKey, authMessage)
}
