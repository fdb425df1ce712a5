// What does an error of S3 mean, and what should the reader do? Nothing of a credential is repeated.
import { PipelineError } from '../errors'

interface SdkError {
  name?: string
  message?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
}

/** The HTTP status of the answer; 0 where none came. */
export const statusOf = (error: unknown): number => (error as SdkError)?.$metadata?.httpStatusCode ?? 0

/** The name that S3 gives the error, or the code of the connection's or file system's; the SDK's wrapper has that only in its text. */
export const codeOf = (error: unknown): string => {
  const { code, name, message = '' } = (error ?? {}) as SdkError
  return code ?? /\b(ECONN|EHOST|ENET|ENOTFOUND|EPIPE|EAI_)[A-Z_]*/.exec(message)?.[0] ?? name ?? ''
}

/** No such object, as opposed to no such bucket. */
export const isMissing = (error: unknown): boolean => statusOf(error) === 404 && (error as SdkError).name !== 'NoSuchBucket'

const credentials =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE) to an identity that may list, read, write and delete in this bucket.'

/** What to do, by the name or code of the error. */
const remedyOf: readonly (readonly [RegExp, string])[] = [
  [/^NoSuchBucket$/, 'Make the bucket, or name another in LAKE_URL.'],
  [/^(AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|CredentialsProviderError)/, credentials],
  [/^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/, "Set AWS_REGION to the bucket's region."],
  [/^(RequestTimeTooSkewed)$/, "Set this machine's clock."],
  [/^NotImplemented$/, 'Use a server with multipart uploads and conditional writes (If-None-Match).'],
  [
    /^(ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENET|EPIPE|TimeoutError)/,
    'Check that the server answers (AWS_ENDPOINT_URL_S3, or AWS_REGION on AWS); then run again.'
  ],
  [/^(ENOSPC|EDQUOT)$/, 'Free space on the disk of the folder for temporary files.']
]

/**
 * The error of a lake for one of the SDK.
 * @param url of the lake, without credentials
 * @param what was tried
 * @param error what was thrown; of it name, code, status and message are kept, because its other fields may hold parts of the request
 */
export function s3Error(url: string, what: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const { name = 'Error', message = '' } = (error ?? {}) as SdkError
  const code = codeOf(error)
  const status = statusOf(error)
  const region = /region is missing/i.test(message) ? 'Set AWS_REGION.' : undefined
  const remedy = region ?? remedyOf.find(([pattern]) => pattern.test(code) || pattern.test(name))?.[1]
  const text = [code, status > 0 ? `(HTTP ${status}):` : ':', message].join(' ').replace(' :', ':')
  const cause = Object.assign(new Error(message), { name, code, status })
  if (error instanceof Error) cause.stack = error.stack
  return new PipelineError('LAKE_UNAVAILABLE', `lake ${url}: ${what}: ${text}`, { ...(remedy === undefined ? {} : { remedy }), cause })
}
