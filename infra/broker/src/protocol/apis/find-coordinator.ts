// Which broker coordinates a group?
import { api } from '../api'
import { array, between, int8, int16, int32, nullableString, optional, since, string, struct } from '../codec'

// FindCoordinator Request (0-6) => key(0-3) key_type(1+) [coordinator_keys](4+) TAGS(3+)
//   key => STRING
//   key_type => INT8                         0: group, 1: transaction, 2: share group
//   coordinator_keys => STRING
//
// FindCoordinator Response (0-6) => throttle_time_ms(1+) error_code(0-3) error_message(1-3) node_id(0-3) host(0-3) port(0-3)
//                                   [coordinators](4+) TAGS(3+)
//   coordinators => key node_id host port error_code error_message TAGS

/** Values of `keyType`. */
export const coordinatorKeyType = { group: 0, transaction: 1, share: 2 } as const

export const findCoordinator = api({
  name: 'FindCoordinator',
  key: 10,
  min: 0,
  max: 6,
  flexibleFrom: 3,
  request: struct({
    key: between(0, 3, string, ''),
    keyType: since(1, int8, coordinatorKeyType.group as number),
    coordinatorKeys: since(4, array(string), [])
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: between(0, 3, int16, 0),
    errorMessage: between(1, 3, nullableString, null),
    nodeId: between(0, 3, int32, -1),
    host: between(0, 3, string, ''),
    port: between(0, 3, int32, -1),
    coordinators: since(
      4,
      array(
        struct({
          key: string,
          nodeId: int32,
          host: string,
          port: int32,
          errorCode: int16,
          errorMessage: optional(nullableString, null)
        })
      ),
      []
    )
  })
})
