// How are the records before an offset removed?
import { api } from '../api'
import { array, int16, int32, int64, optional, string, struct } from '../codec'

// DeleteRecords Request (0-2) => [topics] timeout_ms TAGS(2+)
//   topics => name [partitions] TAGS(2+)
//     partitions => partition_index offset TAGS(2+)
//       offset => INT64                      the first to keep, -1 for the high watermark
//
// DeleteRecords Response (0-2) => throttle_time_ms [topics] TAGS(2+)
//   topics => name [partitions] TAGS(2+)
//     partitions => partition_index low_watermark error_code TAGS(2+)
export const deleteRecords = api({
  name: 'DeleteRecords',
  key: 21,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, offset: int64 })) })),
    timeoutMs: optional(int32, 60000)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 })) }))
  })
})
