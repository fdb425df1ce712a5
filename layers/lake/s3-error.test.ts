import { isMissing, s3Error } from './s3-error'

const url = 's3://bucket/prefix'
const answer = (name: string, httpStatusCode: number, message = 'as the server says') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })
const connection = (code: string) => Object.assign(new Error(`connect ${code} 127.0.0.1:7070`), { code })

const cases: [Error, RegExp][] = [
  [answer('NoSuchBucket', 404), /Make the bucket/],
  [answer('AccessDenied', 403), /AWS_ACCESS_KEY_ID/],
  [answer('InvalidAccessKeyId', 403), /AWS_ACCESS_KEY_ID/],
  [Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' }), /AWS_ACCESS_KEY_ID/],
  [answer('PermanentRedirect', 301), /AWS_REGION/],
  [new Error('Region is missing'), /AWS_REGION/],
  [answer('RequestTimeTooSkewed', 403), /clock/],
  [answer('NotImplemented', 501), /conditional writes/],
  [connection('ECONNREFUSED'), /AWS_ENDPOINT_URL_S3/],
  [new Error('AWS SDK error wrapper for Error: getaddrinfo ENOTFOUND bucket.s3.nowhere'), /AWS_ENDPOINT_URL_S3/],
  [Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }), /Free space/],
  [answer('InternalError', 500), /LAKE_URL/]
]

test.each(cases.map(([error, remedy]) => [`${error.name} ${error.message}`, error, remedy] as [string, Error, RegExp]))(
  'an error of S3 says where, what and what to do: %s',
  (_, error, remedy) => {
    expect(s3Error(url, 'write a', error)).toMatchObject({
      code: 'LAKE_UNAVAILABLE',
      message: expect.stringMatching(/^lake s3:\/\/bucket\/prefix: write a: .+/),
      remedy: expect.stringMatching(remedy)
    })
  }
)

test('of the request nothing is kept, because it may hold parts of a credential', () => {
  const error = Object.assign(answer('SignatureDoesNotMatch', 403), {
    AWSAccessKeyId: 'AKIA-secret',
    StringToSign: 'AWS4-secret',
    $response: { headers: { authorization: 'secret' } }
  })
  const kept = s3Error(url, 'read a', error)
  expect(JSON.stringify([kept.message, kept.cause, Object.entries(kept.cause as object)])).not.toContain('secret')
  expect(kept.message).toBe('lake s3://bucket/prefix: read a: SignatureDoesNotMatch (HTTP 403): as the server says')
})

test('a missing bucket is not taken for a missing object', () => {
  expect(isMissing(answer('NoSuchKey', 404))).toBe(true)
  expect(isMissing(answer('NotFound', 404))).toBe(true)
  expect(isMissing(answer('NoSuchBucket', 404))).toBe(false)
  expect(isMissing(answer('AccessDenied', 403))).toBe(false)
})
