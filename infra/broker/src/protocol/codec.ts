// How does one declaration read, write and type a Kafka message in all its versions?
// A codec is a value; codecs compose; the reader and the writer carry the version, so that one declaration serves every version.
import { type Reader, Writer } from './wire'

/** Reads an `Out` and writes an `In`; the two differ only where a field may be left out when writing. */
export interface Codec<Out, In = Out> {
  read(reader: Reader): Out
  write(writer: Writer, value: In): void
}

/** A field that some versions lack, or that has a default: absent on reading it is `fallback`, and may be left out on writing. */
export interface Field<Out, In = Out> {
  codec: Codec<Out, In>
  from: number
  to: number
  fallback: Out
  /** Set for a tagged field (KIP-482): written only when it differs from `fallback`. */
  tag?: number
}

// biome-ignore lint/suspicious/noExplicitAny: the element types are inferred where the fields are declared
type AnyField = Field<any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type Fields = Record<string, Codec<any, any> | AnyField>
type FieldNames<F extends Fields> = { [K in keyof F]: F[K] extends AnyField ? K : never }[keyof F]
type OutOf<F> = F extends Field<infer Out, infer _> ? Out : F extends Codec<infer Out, infer _> ? Out : never
type InOf<F> = F extends Field<infer _, infer In> ? In : F extends Codec<infer _, infer In> ? In : never
type StructOut<F extends Fields> = { [K in keyof F]: OutOf<F[K]> }
type StructIn<F extends Fields> = { [K in Exclude<keyof F, FieldNames<F>>]: InOf<F[K]> } & { [K in FieldNames<F>]?: InOf<F[K]> }

/** The value a codec reads. */
export type Of<C> = OutOf<C>

export const int8: Codec<number> = { read: reader => reader.int8(), write: (writer, value) => writer.int8(value) }
export const int16: Codec<number> = { read: reader => reader.int16(), write: (writer, value) => writer.int16(value) }
export const int32: Codec<number> = { read: reader => reader.int32(), write: (writer, value) => writer.int32(value) }
/** A number, exact within ±2^53 (offsets, epoch milliseconds and producer ids stay far below). */
export const int64: Codec<number> = { read: reader => reader.int64(), write: (writer, value) => writer.int64(value) }
export const varint: Codec<number> = { read: reader => reader.varint(), write: (writer, value) => writer.varint(value) }
export const boolean: Codec<boolean> = { read: reader => reader.int8() !== 0, write: (writer, value) => writer.int8(value ? 1 : 0) }

/** The uuid that stands for "none". */
export const zeroUuid = '00000000-0000-0000-0000-000000000000'

/** Sixteen bytes, as the usual hyphenated hexadecimal text. */
export const uuid: Codec<string> = {
  read(reader) {
    const hex = reader.slice(16).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  },
  write: (writer, value) => writer.bytes(Buffer.from(value.replaceAll('-', ''), 'hex'))
}

type LengthKind = 'int16' | 'int32'

// In flexible versions every length is an unsigned varint one greater than the length, zero for null; before, a fixed integer, -1 for null.
function readLength(reader: Reader, kind: LengthKind): number {
  const length = reader.flexible ? reader.uvarint() - 1 : reader[kind]()
  if (length < -1) throw new RangeError(`negative length ${length}`)
  return length
}

function writeLength(writer: Writer, kind: LengthKind, length: number): void {
  if (writer.flexible) writer.uvarint(length + 1)
  else writer[kind](length)
}

function required<T>(value: T | null, what: string): T {
  if (value === null) throw new RangeError(`null where a ${what} is required`)
  return value
}

/** What a string's length can be in any version; flexible ones could say more, and Kafka refuses them. */
const stringBytesMax = 32_767

export const nullableString: Codec<string | null> = {
  read(reader) {
    const length = readLength(reader, 'int16')
    if (length > stringBytesMax) throw new RangeError(`string of ${length} bytes, at most ${stringBytesMax} are allowed`)
    return length < 0 ? null : reader.text(length)
  },
  write(writer, value) {
    writeLength(writer, 'int16', value === null ? -1 : Buffer.byteLength(value))
    if (value !== null) writer.text(value)
  }
}
export const string: Codec<string> = {
  read: reader => required(nullableString.read(reader), 'string'),
  write: (writer, value) => nullableString.write(writer, value)
}

/** Bytes as a view of the frame; written by reference when long. */
export const nullableBytes: Codec<Buffer | null> = {
  read(reader) {
    const length = readLength(reader, 'int32')
    return length < 0 ? null : reader.slice(length)
  },
  write(writer, value) {
    writeLength(writer, 'int32', value === null ? -1 : value.length)
    if (value !== null) writer.bytes(value)
  }
}
export const bytes: Codec<Buffer> = {
  read: reader => required(nullableBytes.read(reader), 'byte string'),
  write: (writer, value) => nullableBytes.write(writer, value)
}

/** Record batches as several buffers that follow each other, so that a fetch answers from many appends without joining them. */
export const records: Codec<Buffer | null, Buffer | readonly Buffer[] | null> = {
  read: nullableBytes.read,
  write(writer, value) {
    if (value === null || Buffer.isBuffer(value)) return nullableBytes.write(writer, value)
    let length = 0
    for (const part of value) length += part.length
    writeLength(writer, 'int32', length)
    for (const part of value) writer.bytes(part)
  }
}

export function nullableArray<Out, In>(element: Codec<Out, In>): Codec<Out[] | null, readonly In[] | null> {
  return {
    read(reader) {
      const length = readLength(reader, 'int32')
      if (length < 0) return null
      // every element takes a byte at least: a longer count is a lie, and must not allocate
      if (length > reader.remaining) throw new RangeError(`array of ${length} elements in ${reader.remaining} bytes`)
      reader.elementsLeft -= length
      if (reader.elementsLeft < 0) throw new RangeError(`array of ${length} elements, ${reader.elementsLeft + length} more are allowed`)
      const values: Out[] = []
      for (let index = 0; index < length; index++) values.push(element.read(reader))
      return values
    },
    write(writer, values) {
      writeLength(writer, 'int32', values === null ? -1 : values.length)
      if (values !== null) for (const value of values) element.write(writer, value)
    }
  }
}

export function array<Out, In>(element: Codec<Out, In>): Codec<Out[], readonly In[]> {
  const nullable = nullableArray(element)
  return { read: reader => required(nullable.read(reader), 'array'), write: (writer, value) => nullable.write(writer, value) }
}

const always = Number.MAX_SAFE_INTEGER

/** A field of every version that may be left out when writing. */
export function optional<Out, In>(codec: Codec<Out, In>, fallback: Out): Field<Out, In> {
  return { codec, from: 0, to: always, fallback }
}

/** A field of version `from` and later. */
export function since<Out, In>(from: number, codec: Codec<Out, In>, fallback: Out): Field<Out, In> {
  return { codec, from, to: always, fallback }
}

/** A field of versions `from` to `to`, both included. */
export function between<Out, In>(from: number, to: number, codec: Codec<Out, In>, fallback: Out): Field<Out, In> {
  return { codec, from, to, fallback }
}

/** A tagged field of version `from` and later. */
export function tagged<Out, In>(tag: number, from: number, codec: Codec<Out, In>, fallback: Out): Field<Out, In> {
  return { codec, from, to: always, fallback, tag }
}

/** Chooses between two layouts of one value at version `from`. */
export function changedAt<Out, In>(from: number, before: Codec<Out, In>, after: Codec<Out, In>): Codec<Out, In> {
  return {
    read: reader => (reader.version < from ? before : after).read(reader),
    write: (writer, value) => (writer.version < from ? before : after).write(writer, value)
  }
}

type NamedField = AnyField & { name: string }

function readTags(reader: Reader, fields: NamedField[], into: Record<string, unknown>): void {
  for (let count = reader.uvarint(); count > 0; count--) {
    const tag = reader.uvarint()
    const size = reader.uvarint()
    const end = reader.take(size) + size
    const field = fields.find(each => each.tag === tag && reader.version >= each.from)
    if (!field) continue
    const outerEnd = reader.end
    reader.offset = end - size
    reader.end = end
    into[field.name] = field.codec.read(reader)
    if (reader.offset !== end) throw new RangeError(`tagged field ${field.name} leaves ${end - reader.offset} bytes`)
    reader.end = outerEnd
  }
}

function isWritten(field: NamedField, value: unknown): boolean {
  return value !== undefined && value !== field.fallback && !(Array.isArray(value) && value.length === 0)
}

function writeTags(writer: Writer, fields: NamedField[], from: Record<string, unknown>): void {
  const present = fields.filter(field => writer.version >= field.from && isWritten(field, from[field.name]))
  writer.uvarint(present.length)
  for (const field of present) {
    const inner = new Writer()
    inner.version = writer.version
    inner.flexible = writer.flexible
    field.codec.write(inner, from[field.name])
    const { parts, length } = inner.finish()
    writer.uvarint(field.tag!)
    writer.uvarint(length)
    for (const part of parts) writer.bytes(part)
  }
}

/** Fields one after the other; in flexible versions followed by tagged fields, of which unknown ones are skipped. */
export function struct<F extends Fields>(fields: F): Codec<StructOut<F>, StructIn<F>> {
  const named: NamedField[] = Object.entries(fields).map(([name, field]) =>
    'codec' in field ? { ...field, name } : { codec: field, from: 0, to: always, fallback: undefined, name }
  )
  // tags are written in ascending order (KIP-482)
  const tags = named.filter(field => field.tag !== undefined).sort((left, right) => left.tag! - right.tag!)
  const plain = named.filter(field => field.tag === undefined)
  return {
    read(reader) {
      const value: Record<string, unknown> = {}
      for (const field of plain) {
        const isPresent = reader.version >= field.from && reader.version <= field.to
        value[field.name] = isPresent ? field.codec.read(reader) : field.fallback
      }
      for (const field of tags) value[field.name] = field.fallback
      if (reader.flexible) readTags(reader, tags, value)
      return value as StructOut<F>
    },
    write(writer, value) {
      const from = value as Record<string, unknown>
      for (const field of plain) {
        if (writer.version < field.from || writer.version > field.to) continue
        const given = from[field.name]
        field.codec.write(writer, given === undefined ? field.fallback : given)
      }
      if (writer.flexible) writeTags(writer, tags, from)
    }
  }
}

/** Fields that may be missing as a whole: a byte says whether they follow, 1, or not, -1. */
export function nullableStruct<F extends Fields>(fields: F): Codec<StructOut<F> | null, StructIn<F> | null> {
  const whole = struct(fields)
  return {
    read: reader => (reader.int8() < 0 ? null : whole.read(reader)),
    write(writer, value) {
      writer.int8(value === null ? -1 : 1)
      if (value !== null) whole.write(writer, value)
    }
  }
}
