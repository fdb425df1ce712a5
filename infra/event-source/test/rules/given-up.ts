// What do the rules of failing batches have in common? Records that fail, and what a destination's folder got.
import type { DestinationSetting } from '../../src/mapping/mapping'
import type { Harness } from '../harness'

export const backoff = { firstMs: 1, mostMs: 5 }
/** A pause that ends when `Harness.retryNow` says so: between the attempts the test looks at what is so for as long as it likes. */
export const untilRetried = { firstMs: 600_000, mostMs: 600_000 }
export const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
export const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:collect'
export const responseContext = { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' }
/** A value that the function never takes. */
export const poison = 'fail:poison:100000'
const folder = 'given-up'

export const destinationOf = (kind: 'sqs' | 'sns' | 's3'): DestinationSetting => {
  const arns = { sqs: 'arn:aws:sqs:us-east-1:000000000000:dead', sns: 'arn:aws:sns:us-east-1:000000000000:dead', s3: 'arn:aws:s3:::dead' }
  return { kind, arn: arns[kind], target: { directory: folder } }
}

/** Offsets by invocation. */
export const offsetsOf = ({ deliveries }: Harness) => deliveries.map(({ records }) => records.map(({ offset }) => offset))

export interface Envelope {
  requestContext: { condition: string; approximateInvokeCount: number }
  responseContext: object | null
  KafkaBatchInfo: { batchSize: number; payloadSize: number; recordsInfo: Record<string, unknown>; recordInfo: { offset: string } }
  payload?: unknown
}

export const documents = (harness: Harness) => harness.documents(folder) as unknown as Envelope[]
