// Where do unpacked bytes go, when they repeat themselves and may not exceed a bound?

/** Up to so many bytes, which is most of what packers write, a loop is three times as fast as a call of a copying function. */
const loopedBytesMax = 32

/** Output that grows up to a bound. */
export class UnpackedOutput {
  private buffer: Buffer
  length = 0

  constructor(
    expected: number,
    private readonly bytesMax: number
  ) {
    this.buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(expected, 1024), bytesMax))
  }

  private reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.bytesMax) throw new RangeError(`unpacks to more than ${this.bytesMax} bytes`)
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed, this.buffer.length * 2), this.bytesMax))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }

  literals(from: Buffer, start: number, count: number): void {
    if (start + count > from.length) throw new RangeError('literals end behind their block')
    this.reserve(count)
    const { buffer, length } = this
    if (count > loopedBytesMax) from.copy(buffer, length, start, start + count)
    else for (let index = 0; index < count; index++) buffer[length + index] = from[start + index]!
    this.length = length + count
  }

  /** Repeats what lies `distance` bytes behind; the two may overlap. */
  match(distance: number, count: number): void {
    const start = this.length - distance
    if (distance === 0 || start < 0) throw new RangeError('a match begins before its frame')
    this.reserve(count)
    const { buffer, length } = this
    if (count > loopedBytesMax && distance >= count) buffer.copyWithin(length, start, start + count)
    else for (let index = 0; index < count; index++) buffer[length + index] = buffer[start + index]!
    this.length = length + count
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }
}
