// What does a Kafka client or server need to speak the protocol? Codecs as values, frames, error codes, record batch headers.
export type { AnyApi, Api, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api'
export { type ApiName, type Apis, apiNames, apis } from './apis'
export { configResource, configSource } from './apis/describe-configs'
export { isolationLevel } from './apis/fetch'
export { coordinatorKeyType } from './apis/find-coordinator'
export { configOperation } from './apis/incremental-alter-configs'
export { listOffsetsTimestamp } from './apis/list-offsets'
export * from './codec'
export { encodeMarker, type Marker, readMarker } from './control-record'
export { type ErrorName, errorCodes, errorName, isRetriable, KafkaError } from './errors'
export {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  defaultFrameBytesMax,
  encodeRequest,
  encodeRequestParts,
  encodeResponse,
  encodeResponseParts,
  FrameSizeError,
  FrameSplitter,
  type RequestHeader
} from './frames'
export {
  type BatchHeader,
  baseOffsetAt,
  batchHeaderBytes,
  batchPrefixBytes,
  batchSizeAt,
  type CompressionType,
  compressionTypes,
  crc32c,
  hasValidCrc,
  patchBatch,
  readBatchHeader,
  stampBatch
} from './record-batch'
export { unpack } from './unpack'
export { Reader, Writer } from './wire'
