// Which APIs and versions are spoken here?
import { type AnyApi, apis, errorCodes } from '../protocol'
import type { Handler } from './handler'

/** Exactly the APIs and ranges of the table that decoding and routing use. */
export function advertised(): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return Object.values(apis).map((api: AnyApi) => ({ apiKey: api.key, minVersion: api.min, maxVersion: api.max }))
}

/**
 * Feature levels of the cluster (KIP-584): `group.version` 1 says that the new consumer protocol is spoken, `transaction.version` 2 that each
 * transaction has an epoch of its own, and partitions and groups need not be added to it first (KIP-890).
 */
const features = [
  { name: 'group.version', level: 1 },
  { name: 'transaction.version', level: 2 }
]

/** Clients that ask in an older version (Java 3.3 to 3.8) give up when they read of a feature that may be at level 0 (KAFKA-17492). */
const levelZeroFrom = 4

export const apiVersions: Handler<'apiVersions'> = (_state, _request, { version }) => ({
  errorCode: errorCodes.NONE,
  apiKeys: advertised(),
  supportedFeatures: version < levelZeroFrom ? [] : features.map(({ level, name }) => ({ name, minVersion: 0, maxVersion: level })),
  finalizedFeaturesEpoch: 0,
  finalizedFeatures: features.map(({ level, name }) => ({ name, maxVersionLevel: level, minVersionLevel: level }))
})
