// By which mechanism does a client want to authenticate? Asked before SaslAuthenticate, and again before a session ends (KIP-368).
import { api } from '../api'
import { array, int16, string, struct } from '../codec'

// SaslHandshake Request (0-1) => mechanism          STRING
//
// SaslHandshake Response (0-1) => error_code [mechanisms]
//   mechanisms => STRING                          those that the broker accepts
//
// After version 1 the mechanism's messages are those of SaslAuthenticate; after version 0 they go over the wire without Kafka's headers.
export const saslHandshake = api({
  name: 'SaslHandshake',
  key: 17,
  min: 0,
  max: 1,
  flexibleFrom: 2,
  request: struct({ mechanism: string }),
  response: struct({ errorCode: int16, mechanisms: array(string) })
})
