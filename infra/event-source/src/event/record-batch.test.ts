import { encodeBatch } from '../../test/record-batches'
import { RecordCursor, readBatches } from './record-batch'

const records = (count: number) => Array.from({ length: count }, (_, index) => ({ key: null, value: Buffer.from(String(index)) }))

function offsetsIn(bytes: Buffer, position = 0): number[] {
  const cursor = new RecordCursor()
  return readBatches(bytes, position, 0).flatMap(chunk => {
    const offsets: number[] = []
    for (; chunk.left > 0; chunk.left--) {
      cursor.read(chunk)
      offsets.push(cursor.offset)
      chunk.at = cursor.end
    }
    return offsets
  })
}

test('records before the position asked for are skipped, whole batches and parts of one', () => {
  const bytes = Buffer.concat([encodeBatch(records(3)), encodeBatch(records(3), { baseOffset: 3 })])
  expect(offsetsIn(bytes, 4)).toEqual([4, 5])
  expect(offsetsIn(bytes, 3)).toEqual([3, 4, 5])
})

test('gaps that compaction left keep their offsets, and reading goes on behind the batch', () => {
  const bytes = encodeBatch([{ ...records(1)[0]!, offsetDelta: 2 }], { baseOffset: 10, lastOffsetDelta: 9 })
  expect(offsetsIn(bytes)).toEqual([12])
  expect(readBatches(bytes, 13, 0)).toMatchObject([{ left: 0, nextOffset: 20 }])
})

test('transaction markers are no records, but offsets advance over them', () => {
  const marker = encodeBatch([{ key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) }], { control: true, baseOffset: 5 })
  expect(readBatches(marker, 5, 0)).toMatchObject([{ left: 0, nextOffset: 6 }])
})

test('a last batch cut off at any byte is left for the next fetch', () => {
  const first = encodeBatch(records(2))
  const second = encodeBatch(records(2), { baseOffset: 2 })
  for (let cut = 0; cut < second.length; cut++) {
    expect(offsetsIn(Buffer.concat([first, second.subarray(0, cut)]))).toEqual([0, 1])
  }
})

test('any changed byte behind the checksum is an error that names the offset', () => {
  const batch = encodeBatch(records(2), { baseOffset: 7 })
  for (let at = 21; at < batch.length; at++) {
    const damaged = Buffer.from(batch)
    damaged[at]! ^= 1
    expect(() => readBatches(damaged, 0, 0)).toThrow(/offset 7 is corrupt/)
  }
})

test('messages in the formats before Kafka 0.11 are refused by name', () => {
  const batch = encodeBatch(records(1))
  batch[16] = 1
  expect(() => readBatches(batch, 0, 0)).toThrow(/message format 1/)
})
