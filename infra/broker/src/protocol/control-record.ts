// How does a transaction's end lie in a partition's log? As a batch of its own, of one record, that no consumer is shown.
// Source: https://kafka.apache.org/documentation/#controlbatch
import { batchHeaderBytes, crc32c } from './record-batch'
import { Reader, Writer } from './wire'

// Control batch => the header of a record batch with `transactional` and `control` set and base_sequence -1, then one record
//   record => length attributes timestamp_delta offset_delta key_length key value_length value header_count
//     key => version type                    both INT16
//       type                                 0: abort, 1: commit
//     value => version coordinator_epoch     INT16, INT32

/** Values of `type`. */
const markerType = { abort: 0, commit: 1 } as const
const transactionalControlFlags = 16 | 32
const keyBytes = 4
const valueBytes = 6

export interface Marker {
  producerId: number
  producerEpoch: number
  isCommit: boolean
  coordinatorEpoch: number
  /** Epoch milliseconds. */
  timestamp: number
}

function recordOf({ coordinatorEpoch, isCommit }: Marker): Buffer {
  const body = new Writer()
  body.int8(0)
  body.varint(0)
  body.varint(0)
  body.varint(keyBytes)
  body.int16(0)
  body.int16(isCommit ? markerType.commit : markerType.abort)
  body.varint(valueBytes)
  body.int16(0)
  body.int32(coordinatorEpoch)
  body.varint(0)
  const bytes = body.toBuffer()
  const length = new Writer()
  length.varint(bytes.length)
  return Buffer.concat([length.toBuffer(), bytes])
}

/** A whole control batch, with base offset 0. */
export function encodeMarker(marker: Marker): Buffer {
  const record = recordOf(marker)
  const writer = new Writer()
  writer.int64(0)
  writer.int32(batchHeaderBytes - 12 + record.length)
  writer.int32(-1)
  writer.int8(2)
  writer.int32(0)
  writer.int16(transactionalControlFlags)
  writer.int32(0)
  writer.int64(marker.timestamp)
  writer.int64(marker.timestamp)
  writer.int64(marker.producerId)
  writer.int16(marker.producerEpoch)
  writer.int32(-1)
  writer.int32(1)
  const batch = Buffer.concat([writer.toBuffer(), record])
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** What the control batch at `at` says; undefined for a kind of control batch that ends no transaction. Throws RangeError when it is cut. */
export function readMarker(buffer: Buffer, at: number): Pick<Marker, 'isCommit' | 'coordinatorEpoch'> | undefined {
  const reader = new Reader(buffer)
  reader.offset = at + batchHeaderBytes
  reader.varint()
  reader.take(1)
  reader.varint()
  reader.varint()
  if (reader.varint() !== keyBytes) return undefined
  reader.int16()
  const type = reader.int16()
  if (type !== markerType.abort && type !== markerType.commit) return undefined
  if (reader.varint() < valueBytes) return undefined
  reader.int16()
  return { isCommit: type === markerType.commit, coordinatorEpoch: reader.int32() }
}
