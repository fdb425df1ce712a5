// Is what a writer was given read again, wherever its buffer ends?
import { Reader, Writer } from './wire'

it.each<[string, (writer: Writer) => void, (reader: Reader) => unknown, unknown]>([
  ['a byte', writer => writer.int8(-2), reader => reader.int8(), -2],
  ['16 bits', writer => writer.int16(-300), reader => reader.int16(), -300],
  ['32 bits', writer => writer.int32(-70_000), reader => reader.int32(), -70_000],
  ['64 bits', writer => writer.int64(-(2 ** 40)), reader => reader.int64(), -(2 ** 40)],
  ['an unsigned varint', writer => writer.uvarint(2 ** 28), reader => reader.uvarint(), 2 ** 28],
  ['a varint', writer => writer.varint(-(2 ** 27)), reader => reader.varint(), -(2 ** 27)],
  ['text', writer => writer.text('öl'), reader => reader.text(3), 'öl'],
  ['bytes', writer => writer.bytes(Buffer.from('abc')), reader => reader.slice(3).toString(), 'abc']
])('%s is read as it was written', (_, write, read, value) => {
  for (let before = 0; before < 600; before++) {
    const writer = new Writer()
    for (let index = 0; index < before; index++) writer.int8(1)
    write(writer)
    writer.int8(9)
    const reader = new Reader(writer.toBuffer(), before)
    expect([before, read(reader), reader.int8(), reader.remaining]).toEqual([before, value, 9, 0])
  }
})
