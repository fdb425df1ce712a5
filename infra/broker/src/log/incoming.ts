// Are the bytes of a produce request whole, unharmed record batches that this broker may append?
import { type BatchHeader, batchHeaderBytes, batchPrefixBytes, batchSizeAt, hasValidCrc, KafkaError, readBatchHeader } from '../protocol'

export interface IncomingBatch {
  header: BatchHeader
  /** Where the batch begins in the request's records. */
  at: number
}

function sizeOfNext(records: Buffer, at: number): number {
  const left = records.length - at
  if (left < batchPrefixBytes + 5) throw new KafkaError('CORRUPT_MESSAGE', `${left} bytes left, too few for a record batch`)
  // the magic byte lies at the same place in the message sets of before Kafka 0.11
  const magic = records.readInt8(at + 16)
  if (magic !== 2) {
    throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', `message format ${magic} is not kept here; produce with Kafka 0.11 or later`)
  }
  const size = batchSizeAt(records, at)
  if (size < batchHeaderBytes || size > left) throw new KafkaError('CORRUPT_MESSAGE', `record batch of ${size} bytes in ${left}`)
  return size
}

function checkHeader(header: BatchHeader, batchBytesMax: number): void {
  if (header.size > batchBytesMax) {
    throw new KafkaError('MESSAGE_TOO_LARGE', `record batch of ${header.size} bytes, max.message.bytes is ${batchBytesMax}`)
  }
  if (header.recordCount < 1 || header.lastOffsetDelta !== header.recordCount - 1) {
    throw new KafkaError('INVALID_RECORD', `record batch of ${header.recordCount} records ends at offset delta ${header.lastOffsetDelta}`)
  }
  if (!header.compression) throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `unknown compression in attributes ${header.attributes}`)
  if (header.isControl) throw new KafkaError('INVALID_RECORD', 'clients may not write control batches')
  if (header.isTransactional && header.producerId < 0) throw new KafkaError('INVALID_RECORD', 'a transactional batch needs a producer id')
}

/**
 * The batches within the records of one produce request, in order.
 * @param batchBytesMax bound of one batch, in bytes
 * @throws KafkaError with the code to answer when one of them cannot be appended
 */
export function incomingBatches(records: Buffer, batchBytesMax: number): IncomingBatch[] {
  const batches: IncomingBatch[] = []
  for (let at = 0; at < records.length; ) {
    const size = sizeOfNext(records, at)
    const header = readBatchHeader(records, at)
    checkHeader(header, batchBytesMax)
    if (!hasValidCrc(records, at, size)) throw new KafkaError('CORRUPT_MESSAGE', 'the checksum of the record batch does not hold')
    batches.push({ header, at })
    at += size
  }
  if (batches.length === 0) throw new KafkaError('INVALID_RECORD', 'no record batch to append')
  return batches
}

/** Who may open a transaction with a request that is in none: nobody. */
export function refuseTransactions(): void {
  throw new KafkaError('INVALID_TXN_STATE', 'the batch is in a transaction, the request is not')
}
