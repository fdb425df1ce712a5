// Do messages survive their own codecs in every version, and is a cut frame refused?
import { cutsTaken } from '../../test/cuts'
import { samples } from '../../test/samples'
import type { AnyApi } from './api'
import { type ApiName, apis } from './apis'
import { decodeRequest, decodeResponse, encodeRequest, encodeRequestParts, encodeResponse, FrameSizeError, FrameSplitter } from './index'

const everyVersion = Object.entries(apis).flatMap(([name, api]: [string, AnyApi]) =>
  Array.from({ length: api.max - api.min + 1 }, (_, index) => [name as ApiName, api.min + index, api] as const)
)

const withoutSize = (frame: Buffer) => frame.subarray(4)

describe.each(everyVersion)('%s v%i', (name, version, api) => {
  const request = encodeRequest(api, version, { correlationId: 7, clientId: 'jest' }, samples[name].request)
  const response = encodeResponse(name, version, 7, samples[name].response as never)

  it('reads back what it wrote, to the last byte', () => {
    expect(request.readInt32BE(0)).toBe(request.length - 4)
    const decoded = decodeRequest(withoutSize(request))
    expect(decoded.header).toMatchObject({ apiKey: api.key, version, correlationId: 7, clientId: 'jest' })
    expect(encodeRequest(api, version, { correlationId: 7, clientId: 'jest' }, decoded.body)).toEqual(request)
    const answer = decodeResponse(api, version, withoutSize(response))
    expect(answer.correlationId).toBe(7)
    expect(encodeResponse(name, version, 7, answer.body as never)).toEqual(response)
  })

  it('refuses a frame cut at any length, and reads a request with bytes too many as without', () => {
    expect(cutsTaken(withoutSize(request), decodeRequest)).toEqual([])
    expect(cutsTaken(withoutSize(response), frame => decodeResponse(api, version, frame))).toEqual([])
    expect(() => decodeResponse(api, version, Buffer.concat([withoutSize(response), Buffer.of(0)]))).toThrow(RangeError)
    expect(decodeRequest(Buffer.concat([withoutSize(request), Buffer.of(1, 0, 0)]))).toEqual(decodeRequest(withoutSize(request)))
  })
})

it('long byte strings are referenced by a frame, not copied', () => {
  const records = Buffer.alloc(4096, 1)
  const body = { acks: 1, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
  expect(encodeRequestParts(apis.produce, 9, { correlationId: 1 }, body)).toContain(records)
})

it('a tag nobody knows is skipped', () => {
  const frame = withoutSize(encodeRequest(apis.heartbeat, 4, { correlationId: 1 }, { groupId: 'g', generationId: 1, memberId: 'm' }))
  const withTag = Buffer.concat([frame.subarray(0, -1), Buffer.of(1, 99, 3, 1, 2, 3)])
  expect(decodeRequest(withTag).body).toMatchObject({ groupId: 'g', memberId: 'm' })
})

it('a count of elements beyond the frame is refused before anything is allocated', () => {
  const frame = Buffer.from('000f0000000000010000' + '7fffffff', 'hex')
  expect(() => decodeRequest(frame)).toThrow(/array of 2147483647 elements/)
})

describe('a byte stream is cut into the same frames', () => {
  const frames = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(300, 3), Buffer.from('last')]
  const stream = Buffer.concat(
    frames.map(frame => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(frame.length)
      return Buffer.concat([size, frame])
    })
  )

  it.each([1, 2, 3, 5, 7, 64, 1000])('in chunks of %i bytes', size => {
    const splitter = new FrameSplitter()
    const found: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) found.push(...splitter.push(stream.subarray(at, at + size)))
    expect(found).toEqual(frames)
  })

  it('and refused when a size is negative or above the bound', () => {
    expect(() => new FrameSplitter(10).push(Buffer.of(0, 0, 0, 11))).toThrow(FrameSizeError)
    expect(() => new FrameSplitter(10).push(Buffer.of(255, 255, 255, 255))).toThrow(FrameSizeError)
  })
})
