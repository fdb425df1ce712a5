// Do frames that other clients and Apache Kafka exchanged mean here what they meant there? Recorded by compat/record-frames.mjs.
import frames from '../../fixtures/frames.json'
import { cutsTaken } from '../../test/cuts'
import { type AnyApi, apiNames, apis, decodeRequest, decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from './index'

const spoken = frames.flatMap(frame => {
  const name = apiNames.get(frame.apiKey)
  return name ? [{ ...frame, name, title: `${frame.client} ${name} v${frame.version}` }] : []
})

it('every version that is advertised was recorded', () => {
  const advertised = Object.entries(apis).flatMap(([name, { max, min }]: [string, AnyApi]) =>
    Array.from({ length: max - min + 1 }, (_, index) => `${name} ${min + index}`)
  )
  const recorded = new Set(spoken.map(({ name, version }) => `${name} ${version}`))
  expect(advertised.filter(each => !recorded.has(each))).toEqual([])
})

describe.each(spoken)('$title', ({ name, request, response, version }) => {
  const api: AnyApi = apis[name]
  const requestFrame = Buffer.from(request, 'hex')
  const responseFrame = Buffer.from(response, 'hex')

  it('the request is read to its last byte and written the same', () => {
    const { body, header } = decodeRequest(requestFrame)
    expect(header.isSupported).toBe(true)
    expect(encodeRequest(api, version, header, body).subarray(4).toString('hex')).toBe(request)
  })

  it('the response is read to its last byte and written the same', () => {
    const { body, correlationId } = decodeResponse(api, version, responseFrame)
    expect(
      encodeResponse(name, version, correlationId, body as never)
        .subarray(4)
        .toString('hex')
    ).toBe(response)
  })

  it('cut anywhere, both are refused', () => {
    expect(cutsTaken(requestFrame, decodeRequest)).toEqual([])
    expect(cutsTaken(responseFrame, frame => decodeResponse(api, version, frame))).toEqual([])
  })
})

it.each(frames.filter(({ apiKey }) => !apiNames.has(apiKey)))('API $apiKey is not spoken, and its header says so', ({ request }) => {
  expect(decodeRequestHeader(Buffer.from(request, 'hex'))).toMatchObject({ apiName: undefined, isSupported: false })
})
