// Do the messages of clientOnlyApis lie on the wire as Apache Kafka documents them, and does the broker keep out of them?
import { advertised } from '../handlers/api-versions'
import { type AnyApi, apis, clientOnlyApis, decodeRequest, decodeResponse, encodeRequest } from './index'

const { saslHandshake, saslAuthenticate } = clientOnlyApis
const hex = (buffer: Buffer) => buffer.subarray(4).toString('hex')
const ascii = (text: string) => Buffer.from(text).toString('hex')
const header = { correlationId: 7, clientId: 'c' }
const headerHex = (key: string, version: string) => `${key}${version}00000007${'0001'}63`

it('SaslHandshake v1', () => {
  expect(hex(encodeRequest(saslHandshake, 1, header, { mechanism: 'PLAIN' }))).toBe(`${headerHex('0011', '0001')}0005${ascii('PLAIN')}`)
  const frame = Buffer.from(`00000007${'0021'}00000001${'0005'}${ascii('PLAIN')}`, 'hex')
  expect(decodeResponse(saslHandshake, 1, frame).body).toEqual({ errorCode: 33, mechanisms: ['PLAIN'] })
  for (let length = 0; length < frame.length; length++)
    expect(() => decodeResponse(saslHandshake, 1, frame.subarray(0, length))).toThrow(RangeError)
})

it('SaslAuthenticate v0 to v2', () => {
  const body = { authBytes: Buffer.from('ab') }
  expect(hex(encodeRequest(saslAuthenticate, 0, header, body))).toBe(`${headerHex('0024', '0000')}00000002${ascii('ab')}`)
  expect(hex(encodeRequest(saslAuthenticate, 2, header, body))).toBe(`${headerHex('0024', '0002')}00${'03'}${ascii('ab')}00`)
  const session = '0000000000000bb8'
  const answers: Array<[number, string]> = [
    [0, `00000007${'0000'}${'ffff'}00000002${ascii('ok')}`],
    [1, `00000007${'0000'}${'ffff'}00000002${ascii('ok')}${session}`],
    [2, `00000007${'00'}${'0000'}${'00'}${'03'}${ascii('ok')}${session}00`]
  ]
  for (const [version, text] of answers) {
    const frame = Buffer.from(text, 'hex')
    expect(decodeResponse(saslAuthenticate, version, frame).body).toEqual({
      errorCode: 0,
      errorMessage: null,
      authBytes: Buffer.from('ok'),
      sessionLifetimeMs: version === 0 ? 0 : 3000
    })
    for (let length = 0; length < frame.length; length++)
      expect(() => decodeResponse(saslAuthenticate, version, frame.subarray(0, length))).toThrow(RangeError)
  }
})

it.each(Object.entries(clientOnlyApis))('the broker neither advertises nor takes %s', (name, api: AnyApi) => {
  expect(Object.keys(apis)).not.toContain(name)
  expect(advertised().map(({ apiKey }) => apiKey)).not.toContain(api.key)
  const request = encodeRequest(api, api.max, header, { mechanism: 'PLAIN', authBytes: Buffer.of(0) })
  expect(() => decodeRequest(request.subarray(4))).toThrow('is not spoken here')
})
