// In which state is a group of the new consumer protocol (KIP-848), and what does each member read?
import { api } from '../api'
import { array, boolean, int8, int16, int32, nullableString, optional, since, string, struct, uuid } from '../codec'

// ConsumerGroupDescribe Request (0-1) => [group_ids] include_authorized_operations TAGS
//
// ConsumerGroupDescribe Response (0-1) => throttle_time_ms [groups] TAGS
//   groups => error_code error_message group_id group_state group_epoch assignment_epoch assignor_name [members]
//             authorized_operations TAGS
//     members => member_id instance_id rack_id member_epoch client_id client_host [subscribed_topic_names] subscribed_topic_regex
//                assignment target_assignment member_type(1+) TAGS
//       assignment, target_assignment => [topic_partitions] TAGS
//         topic_partitions => topic_id topic_name [partitions] TAGS
//       member_type => INT8                        -1 unknown, 0 classic, 1 consumer
const assignment = struct({ topicPartitions: array(struct({ topicId: uuid, topicName: string, partitions: array(int32) })) })

export const consumerGroupDescribe = api({
  name: 'ConsumerGroupDescribe',
  key: 69,
  min: 0,
  max: 1,
  flexibleFrom: 0,
  request: struct({ groupIds: array(string), includeAuthorizedOperations: optional(boolean, false) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullableString, null),
        groupId: string,
        groupState: optional(string, ''),
        groupEpoch: optional(int32, 0),
        assignmentEpoch: optional(int32, 0),
        assignorName: optional(string, ''),
        members: array(
          struct({
            memberId: string,
            instanceId: nullableString,
            rackId: nullableString,
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            subscribedTopicRegex: nullableString,
            assignment,
            targetAssignment: assignment,
            memberType: since(1, int8, -1)
          })
        ),
        authorizedOperations: optional(int32, -2147483648)
      })
    )
  })
})
