// What do client and broker say to each other to authenticate? The mechanism's own messages (KIP-152), and how long the session lasts.
import { api } from '../api'
import { bytes, int16, int64, nullableString, optional, since, struct } from '../codec'

// SaslAuthenticate Request (0-2) => auth_bytes TAGS(2+)
//   auth_bytes => BYTES
//
// SaslAuthenticate Response (0-2) => error_code error_message auth_bytes session_lifetime_ms(1+) TAGS(2+)
//   error_message => NULLABLE_STRING
//   session_lifetime_ms => INT64                  0 without an end (KIP-368)
export const saslAuthenticate = api({
  name: 'SaslAuthenticate',
  key: 36,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({ authBytes: bytes }),
  response: struct({
    errorCode: int16,
    errorMessage: optional(nullableString, null),
    authBytes: bytes,
    sessionLifetimeMs: since(1, int64, 0)
  })
})
