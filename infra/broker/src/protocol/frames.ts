// How is a message wrapped for the wire? Size prefix, header by API and version, body; and how is a byte stream cut into frames?
import type { AnyApi, Api, ResponseInput } from './api'
import { type ApiName, type Apis, apiNames, apis } from './apis'
import { apiVersions } from './apis/api-versions'
import type { Codec } from './codec'
import { Reader, Writer } from './wire'

// Frame => size header body                  size => INT32, bytes after it
//
// Request header v1  => api_key api_version correlation_id client_id
// Request header v2  => the same, then TAGS                       for flexible versions
//   api_key, api_version => INT16; correlation_id => INT32
//   client_id => NULLABLE_STRING               never compact, so that a broker can read it before it knows the version
//
// Response header v0 => correlation_id
// Response header v1 => correlation_id TAGS                       for flexible versions, but not for ApiVersions (KIP-511)

/** The default bound of a frame, that of Apache Kafka's `socket.request.max.bytes`. */
export const defaultFrameBytesMax = 104_857_600
const sizePrefixBytes = 4

export interface RequestHeader {
  apiKey: number
  version: number
  correlationId: number
  clientId: string | null
  /** Name in `apis`, or undefined for an API that is not spoken. */
  apiName: ApiName | undefined
  /** Whether `version` is within the API's range. */
  isSupported: boolean
}

function skipTags(reader: Reader): void {
  for (let count = reader.uvarint(); count > 0; count--) {
    reader.uvarint()
    reader.take(reader.uvarint())
  }
}

function finishFrame(writer: Writer): Buffer[] {
  const { parts, length } = writer.finish()
  parts[0]!.writeInt32BE(length - sizePrefixBytes, 0)
  return parts
}

function readBody<Out>(reader: Reader, codec: Codec<Out, never>, api: AnyApi, version: number): Out {
  reader.version = version
  reader.flexible = version >= api.flexibleFrom
  return codec.read(reader)
}

function joined(parts: Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

/**
 * A request frame, its size prefix included, as buffers to be written in order; long byte strings are referenced, not copied.
 * The version must be one that both sides speak.
 */
export function encodeRequestParts<RequestIn>(
  api: Api<unknown, RequestIn, unknown, never>,
  version: number,
  header: { correlationId: number; clientId?: string | null },
  body: RequestIn
): Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(header.correlationId)
  const clientId = header.clientId ?? null
  writer.int16(clientId === null ? -1 : Buffer.byteLength(clientId))
  if (clientId !== null) writer.text(clientId)
  writer.version = version
  writer.flexible = version >= api.flexibleFrom
  if (writer.flexible) writer.uvarint(0)
  api.request.write(writer, body)
  return finishFrame(writer)
}

/** A request frame, its size prefix included, as one buffer. */
export function encodeRequest<RequestIn>(
  api: Api<unknown, RequestIn, unknown, never>,
  version: number,
  header: { correlationId: number; clientId?: string | null },
  body: RequestIn
): Buffer {
  return joined(encodeRequestParts(api, version, header, body))
}

function readRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  const apiName = apiNames.get(apiKey)
  const api: AnyApi | undefined = apiName && apis[apiName]
  const isSupported = api !== undefined && version >= api.min && version <= api.max
  if (!isSupported) return { apiKey, version, correlationId, clientId: null, apiName, isSupported }
  const clientIdLength = reader.int16()
  const clientId = clientIdLength < 0 ? null : reader.text(clientIdLength)
  if (version >= api.flexibleFrom) skipTags(reader)
  return { apiKey, version, correlationId, clientId, apiName, isSupported }
}

/** A request's header alone, also of a request that is not spoken here. `frame` comes without its size prefix. */
export function decodeRequestHeader(frame: Buffer): RequestHeader {
  return readRequestHeader(new Reader(frame))
}

/**
 * A whole request; `frame` comes without its size prefix, and byte strings in the body are views of it. What follows the last field is left
 * unread, as Apache Kafka leaves it: librdkafka 2.16 sends three bytes too many with Metadata 13 for all topics.
 * Throws RangeError when the frame is cut or not spoken here, or has more than `elementsMax` array elements.
 */
export function decodeRequest(
  frame: Buffer,
  elementsMax = Number.POSITIVE_INFINITY
): { header: RequestHeader; name: ApiName; body: unknown } {
  const reader = new Reader(frame)
  reader.elementsLeft = elementsMax
  const header = readRequestHeader(reader)
  if (!header.apiName || !header.isSupported) throw new RangeError(`API ${header.apiKey} version ${header.version} is not spoken here`)
  const api: AnyApi = apis[header.apiName]
  return { header, name: header.apiName, body: readBody(reader, api.request, api, header.version) }
}

function hasResponseTags(api: AnyApi, version: number): boolean {
  return version >= api.flexibleFrom && api.key !== apiVersions.key
}

/** A response frame, its size prefix included, as buffers to be written in order. */
export function encodeResponseParts<N extends ApiName>(
  name: N,
  version: number,
  correlationId: number,
  body: ResponseInput<Apis[N]>
): Buffer[] {
  const api: AnyApi = apis[name]
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  writer.version = version
  writer.flexible = version >= api.flexibleFrom
  if (hasResponseTags(api, version)) writer.uvarint(0)
  api.response.write(writer, body)
  return finishFrame(writer)
}

/** A response frame, its size prefix included, as one buffer. */
export function encodeResponse<N extends ApiName>(name: N, version: number, correlationId: number, body: ResponseInput<Apis[N]>): Buffer {
  return joined(encodeResponseParts(name, version, correlationId, body))
}

/**
 * The response to a request of `api` and `version`; `frame` comes without its size prefix, and byte strings in the body are views of it.
 * Throws RangeError when the frame is cut or too long.
 */
export function decodeResponse<Response>(
  api: Api<unknown, never, Response, never>,
  version: number,
  frame: Buffer
): { correlationId: number; body: Response } {
  const reader = new Reader(frame)
  const correlationId = reader.int32()
  if (hasResponseTags(api as AnyApi, version)) skipTags(reader)
  const body = readBody(reader, api.response, api as AnyApi, version)
  if (reader.remaining > 0) throw new RangeError(`${api.name} v${version} leaves ${reader.remaining} bytes unread`)
  return { correlationId, body }
}

/** The correlation id that a response frame, without its size prefix, begins with. */
export function correlationIdOf(frame: Buffer): number {
  return frame.readInt32BE(0)
}

/** A peer announced a frame that is larger than the bound, or of negative size: its stream cannot be read on. */
export class FrameSizeError extends Error {
  override readonly name = 'FrameSizeError'
}

/** What a frame gets before its bytes have come: a size prefix alone must not cost its size. */
const firstFrameBytes = 1024 * 1024

/** Cuts a byte stream into frames. A frame within one chunk is a view of it; one that spans chunks is copied. */
export class FrameSplitter {
  /** The first bytes of a size prefix that the last chunk cut. */
  private prefix = Buffer.alloc(0)
  /** The frame of `size` bytes under way, of which `filled` are there; it grows with them. */
  private frame: Buffer | undefined
  private size = 0
  private filled = 0

  constructor(public frameBytesMax = defaultFrameBytesMax) {}

  /** The frames that `chunk` completes, without their size prefixes. Throws FrameSizeError. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = []
    let rest = chunk
    if (this.frame) {
      const copied = this.fill(rest.subarray(0, this.size - this.filled))
      if (this.filled < this.size) return frames
      frames.push(this.frame)
      this.frame = undefined
      rest = rest.subarray(copied)
    }
    if (this.prefix.length > 0) rest = Buffer.concat([this.prefix, rest])
    while (rest.length >= sizePrefixBytes) {
      const size = this.checkedSize(rest.readInt32BE(0))
      const end = sizePrefixBytes + size
      if (rest.length < end) {
        this.size = size
        this.frame = Buffer.allocUnsafeSlow(Math.min(size, Math.max(firstFrameBytes, rest.length)))
        this.filled = rest.copy(this.frame, 0, sizePrefixBytes)
        rest = rest.subarray(rest.length)
        break
      }
      frames.push(rest.subarray(sizePrefixBytes, end))
      rest = rest.subarray(end)
    }
    this.prefix = Buffer.from(rest)
    return frames
  }

  /** Copies bytes of the frame under way, for which it grows; returns how many. */
  private fill(bytes: Buffer): number {
    const filled = this.filled + bytes.length
    let frame = this.frame!
    if (filled > frame.length) {
      frame = Buffer.allocUnsafeSlow(Math.min(this.size, Math.max(frame.length * 2, filled)))
      this.frame!.copy(frame, 0, 0, this.filled)
      this.frame = frame
    }
    bytes.copy(frame, this.filled)
    this.filled = filled
    return bytes.length
  }

  private checkedSize(size: number): number {
    if (size < 0 || size > this.frameBytesMax) throw new FrameSizeError(`frame of ${size} bytes, allowed are 0 to ${this.frameBytesMax}`)
    return size
  }
}
