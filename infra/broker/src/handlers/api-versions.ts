// Which APIs and versions are spoken here?
import { type AnyApi, apis, errorCodes } from '../protocol'
import type { Handler } from './handler'

/** Exactly the APIs and ranges of the table that decoding and routing use. */
export function advertised(): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return Object.values(apis).map((api: AnyApi) => ({ apiKey: api.key, minVersion: api.min, maxVersion: api.max }))
}

export const apiVersions: Handler<'apiVersions'> = () => ({ errorCode: errorCodes.NONE, apiKeys: advertised() })
