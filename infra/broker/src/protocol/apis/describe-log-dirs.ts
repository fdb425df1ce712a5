// Which folders hold which partitions, and how large are they?
import { api } from '../api'
import { array, boolean, int16, int32, int64, nullableArray, optional, since, string, struct } from '../codec'

// DescribeLogDirs Request (1-5) => [topics] TAGS(2+)                            null topics: all of them
//   topics => topic [partitions] TAGS(2+)
//
// DescribeLogDirs Response (1-5) => throttle_time_ms error_code(3+) [results] TAGS(2+)
//   results => error_code log_dir [topics] total_bytes(4+) usable_bytes(4+) is_cordoned(5+) TAGS(2+)
//     topics => name [partitions] TAGS(2+)
//       partitions => partition_index partition_size offset_lag is_future_key TAGS(2+)
export const describeLogDirs = api({
  name: 'DescribeLogDirs',
  key: 35,
  min: 1,
  max: 5,
  flexibleFrom: 2,
  request: struct({ topics: optional(nullableArray(struct({ topic: string, partitions: array(int32) })), null) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: since(3, int16, 0),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({
                partitionIndex: int32,
                partitionSize: int64,
                offsetLag: optional(int64, 0),
                isFutureKey: optional(boolean, false)
              })
            )
          })
        ),
        totalBytes: since(4, int64, -1),
        usableBytes: since(4, int64, -1),
        isCordoned: since(5, boolean, false)
      })
    )
  })
})
