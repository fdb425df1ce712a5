// Which values do AWS and osls take? The rules that events, properties and local settings share, each with its source.
// "API" is the Lambda API model, 2015-03-31 (CreateEventSourceMapping); "osls" the event schemas of osls 4.3.1.
import { isMap, numberRule, oneOf, type Rule, text } from './rules'

/** API: Topic, `[^.]([a-zA-Z0-9\-_.]+)`, at most 249; Kafka takes no other first character. */
export const topic = text(
  /^[A-Za-z0-9_-][A-Za-z0-9._-]{1,248}$/,
  'Set the name of one Kafka topic: 2 to 249 letters, digits, dots, hyphens and underscores, not a dot first.'
)

/** API and osls: ConsumerGroupId. */
export const groupId = text(
  /^[a-zA-Z0-9\-/*:_+=.@]{1,200}$/,
  'Set 1 to 200 of the characters that AWS allows in a consumer group: a-z A-Z 0-9 - / * : _ + = . @'
)

/** API: EventSourcePosition. */
export const startingPosition = oneOf(['LATEST', 'TRIM_HORIZON', 'AT_TIMESTAMP'])

/** API: a Date, not in the future. */
export const timestamp = numberRule(
  value => value >= 0 && value * 1000 <= Date.now(),
  'Set Unix time in seconds that is not in the future.'
)

/** API: Pattern. */
export const PATTERN_CHARACTERS_MAX = 4096
/** AWS allows this many filters, up to 10 on request. */
export const FILTERS_QUOTA = 5
export const FILTERS_MAX = 10

/** API: MinimumPollers and MaximumPollers of Kafka mappings. */
export const MINIMUM_POLLERS_MAX = 200
export const MAXIMUM_POLLERS_MAX = 2000

/** osls: awsSecretsManagerArnString. */
export const secretArn = text(
  /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d+:secret:[A-Za-z0-9/_+=.@-]+$/,
  'Set the literal ARN of a Secrets Manager secret, such as arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-AbCdEf.'
)

export const subnet = text(/^subnet-[a-z0-9]+$/, 'Set the id of a subnet, such as subnet-0123456789abcdef0.')
export const securityGroup = text(/^sg-[a-z0-9]+$/, 'Set the id of a security group, such as sg-0123456789abcdef0.')

/** Splits comma lists, so that an environment variable with several servers may stand in the list. */
export function serverList(value: unknown): string[] {
  const entries = Array.isArray(value) ? value : [value]
  return entries
    .flatMap(entry => String(entry).split(','))
    .map(entry => entry.trim())
    .filter(Boolean)
}

const isServer = (value: string) => {
  const port = /^(?:\[[^\]]+\]|[^:\s]+):(\d{1,5})$/.exec(value)?.[1]
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535
}

export const servers: Rule = {
  take: value => {
    if (typeof value !== 'string' && !(Array.isArray(value) && value.every(entry => typeof entry === 'string'))) return undefined
    const list = serverList(value)
    return list.length > 0 && list.every(isServer) ? list : undefined
  },
  remedy: 'Set host:port, several of them as a list or with commas, such as ["127.0.0.1:9092"].'
}

/** What Kafka mappings read from: a cluster or a VPC connection to one. */
export const clusterArn: Rule = {
  take: value =>
    isMap(value) && Object.keys(value).length === 1 && ('Ref' in value || 'Fn::ImportValue' in value)
      ? value
      : typeof value === 'string' && /^arn:[a-z0-9-]+:kafka:[^:]*:\d*:(cluster|vpc-connection)\/.+/.test(value)
        ? value
        : undefined,
  remedy:
    'Set the ARN of an MSK cluster, such as arn:aws:kafka:eu-west-1:123456789012:cluster/main/<uuid>-1, or Ref or Fn::ImportValue of one.'
}

/** API: DestinationArn, `$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:…`, at most 350; empty is none. */
const destinationForms =
  /^(|kafka:\/\/[A-Za-z0-9_-][A-Za-z0-9\-_.]{0,248}|arn:aws[a-zA-Z0-9-]*:(sqs|sns|s3):((eusc-)?[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d)?:(\d{12})?:.+)$/
const DESTINATION_CHARACTERS_MAX = 350
export const destination: Rule = {
  take: value =>
    typeof value === 'string' && value.length <= DESTINATION_CHARACTERS_MAX && destinationForms.test(value) ? value : undefined,
  remedy: `Set the ARN of an SQS queue, an SNS topic or an S3 bucket, or kafka://topic for a topic of the same cluster, at most ${DESTINATION_CHARACTERS_MAX} characters.`
}
