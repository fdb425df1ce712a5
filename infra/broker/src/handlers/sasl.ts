// What is a client answered that wants to authenticate where that is over, or not asked for? Until then src/security answers.
import { errorCodes } from '../protocol'
import type { Handler } from './handler'

export const saslHandshake: Handler<'saslHandshake'> = () => ({ errorCode: errorCodes.ILLEGAL_SASL_STATE, mechanisms: [] })

export const saslAuthenticate: Handler<'saslAuthenticate'> = () => ({
  errorCode: errorCodes.ILLEGAL_SASL_STATE,
  errorMessage: 'SaslAuthenticate request received after successful authentication',
  authBytes: Buffer.alloc(0)
})
