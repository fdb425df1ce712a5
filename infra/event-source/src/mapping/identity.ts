// Which name and which UUID does a mapping have? Stable ones, so that a restart finds its consumer group again.
import { createHash } from 'node:crypto'

/** Name space of this package's version 5 UUIDs (RFC 9562, 5.5); any fixed UUID serves. */
const nameSpace = Buffer.from('6f0e53bdb1ab4d2c9d1a4f0d7a1f3c55', 'hex')

/** The version 5 UUID of a name. */
export function stableUuid(name: string): string {
  const hash = createHash('sha1').update(nameSpace).update(name).digest().subarray(0, 16)
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

// As osls writes names into logical ids (lib/plugins/aws/lib/naming.js: normalizeNameToAlphaNumericOnly, getNormalizedFunctionName).
const upperFirst = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
const alphanumeric = (name: string) => upperFirst(name.replace(/[^0-9A-Za-z]/g, ''))
const normalizedFunction = (functionKey: string) => upperFirst(functionKey.replaceAll('-', 'Dash').replaceAll('_', 'Underscore'))

/** The CloudFormation id that osls gives to a `kafka` event: the key of its entry in `resources.extensions`. */
export function kafkaLogicalId(functionKey: string, topic: string): string {
  return `${normalizedFunction(functionKey)}EventSourceMappingKafka${alphanumeric(topic).slice(0, 158)}`
}

/** The same for an `msk` event. */
export function mskLogicalId(functionKey: string, arn: unknown, topic: string): string {
  return `${normalizedFunction(functionKey)}EventSourceMappingMSK${alphanumeric(clusterToken(arn)).slice(0, 79)}${alphanumeric(topic).slice(0, 79)}`
}

/** The name that osls takes from an ARN, a Ref or an imported value (events/msk/get-msk-cluster-name-token.js). */
export function clusterToken(arn: unknown): string {
  if (typeof arn === 'string') return arn.split('/')[1] ?? arn
  const { Ref, 'Fn::ImportValue': imported } = (arn ?? {}) as Record<string, unknown>
  return String(Ref ?? (typeof imported === 'string' ? imported : JSON.stringify(imported)))
}

/** The CloudFormation id that osls gives to a function. */
export const lambdaLogicalId = (functionKey: string): string => `${normalizedFunction(functionKey)}LambdaFunction`
