// How are Kafka's primitive values laid out in bytes? A bounded cursor to read them and a growing buffer to write them.
// Source: https://kafka.apache.org/protocol.html#protocol_types and KIP-482 (flexible versions).

/** Byte strings of at least this length are referenced by a message, shorter ones are copied into it. */
const referencedBytesMin = 1024
const initialBytes = 256
const uvarintBytesMax = 5
const two32 = 4294967296
const int64Max = 2 ** 63

/**
 * A cursor over one frame. Every read is bounds-checked: reading past `end` throws RangeError, so a frame cut anywhere is refused.
 * `version` and `flexible` are those of the message being read; codecs ask them for their layout.
 */
export class Reader {
  version = 0
  flexible = false
  /** Array elements that may still be read; a codec takes from it before it reads an array. */
  elementsLeft = Number.POSITIVE_INFINITY

  constructor(
    readonly buffer: Buffer,
    public offset = 0,
    public end = buffer.length
  ) {}

  /** Moves over `count` bytes and returns where they began. Throws RangeError when the frame has fewer left. */
  take(count: number): number {
    const start = this.offset
    if (count < 0 || start + count > this.end) throw new RangeError(`frame ends at byte ${this.end}, ${count} bytes wanted at ${start}`)
    this.offset = start + count
    return start
  }

  get remaining(): number {
    return this.end - this.offset
  }

  int8(): number {
    return this.buffer.readInt8(this.take(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.take(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.take(4))
  }

  /** Exact within ±2^53; beyond, the nearest double. Only sentinels such as Long.MAX_VALUE lie there in practice. */
  int64(): number {
    const start = this.take(8)
    return this.buffer.readInt32BE(start) * two32 + this.buffer.readUInt32BE(start + 4)
  }

  uvarint(): number {
    let value = 0
    for (let index = 0; index < uvarintBytesMax; index++) {
      const byte = this.buffer[this.take(1)]!
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw new RangeError(`unsigned varint longer than ${uvarintBytesMax} bytes`)
  }

  /** Zigzag, 32 bits. */
  varint(): number {
    const value = this.uvarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A view of the next `length` bytes, not a copy. */
  slice(length: number): Buffer {
    const start = this.take(length)
    return this.buffer.subarray(start, start + length)
  }

  text(length: number): string {
    const start = this.take(length)
    return this.buffer.toString('utf8', start, start + length)
  }
}

/** Collects one message as a list of buffers, so that record batches go to the socket without being copied. */
export class Writer {
  version = 0
  flexible = false
  private readonly parts: Buffer[] = []
  private buffer = Buffer.allocUnsafe(initialBytes)
  private start = 0
  private offset = 0
  private partBytes = 0

  private claim(count: number): number {
    if (this.offset + count > this.buffer.length) {
      const pending = this.buffer.subarray(this.start, this.offset)
      const grown = Buffer.allocUnsafe(Math.max(initialBytes, (pending.length + count) * 2))
      pending.copy(grown)
      this.buffer = grown
      this.start = 0
      this.offset = pending.length
    }
    const at = this.offset
    this.offset += count
    return at
  }

  int8(value: number): void {
    const at = this.claim(1)
    this.buffer.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.claim(2)
    this.buffer.writeInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.claim(4)
    this.buffer.writeInt32BE(value, at)
  }

  /** The counterpart of `Reader.int64`: doubles at or beyond 2^63 become Long.MAX_VALUE. */
  int64(value: number): void {
    const at = this.claim(8)
    const high = value >= int64Max ? 0x7fffffff : Math.floor(value / two32)
    this.buffer.writeInt32BE(high, at)
    this.buffer.writeUInt32BE(value >= int64Max ? 0xffffffff : value - high * two32, at + 4)
  }

  uvarint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      // first the place, then the buffer: to make room may be to move to another one
      const at = this.claim(1)
      this.buffer[at] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    const at = this.claim(1)
    this.buffer[at] = rest
  }

  varint(value: number): void {
    this.uvarint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  text(value: string): void {
    const length = Buffer.byteLength(value)
    const at = this.claim(length)
    this.buffer.write(value, at, length, 'utf8')
  }

  bytes(value: Buffer): void {
    if (value.length < referencedBytesMin) {
      const at = this.claim(value.length)
      value.copy(this.buffer, at)
      return
    }
    this.flush()
    this.parts.push(value)
    this.partBytes += value.length
  }

  private flush(): void {
    if (this.offset === this.start) return
    this.parts.push(this.buffer.subarray(this.start, this.offset))
    this.partBytes += this.offset - this.start
    this.start = this.offset
  }

  /** What was written so far, in order. */
  finish(): { parts: Buffer[]; length: number } {
    this.flush()
    return { parts: this.parts, length: this.partBytes }
  }

  /** The same in one piece, copied. */
  toBuffer(): Buffer {
    const { length, parts } = this.finish()
    return Buffer.concat(parts, length)
  }
}
