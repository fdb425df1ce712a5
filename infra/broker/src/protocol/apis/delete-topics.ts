// How is a topic removed with all its records?
import { api } from '../api'
import { array, between, int16, int32, nullableString, optional, since, string, struct, uuid, zeroUuid } from '../codec'

// DeleteTopics Request (1-6) => [topics](6+) [topic_names](1-5) timeout_ms TAGS(4+)
//   topics => name topic_id TAGS             either one: name => NULLABLE_STRING
//   topic_names => STRING
//
// DeleteTopics Response (1-6) => throttle_time_ms [responses] TAGS(4+)
//   responses => name topic_id(6+) error_code error_message(5+) TAGS(4+)      name nullable from 6
export const deleteTopics = api({
  name: 'DeleteTopics',
  key: 20,
  min: 1,
  max: 6,
  flexibleFrom: 4,
  request: struct({
    topics: since(6, array(struct({ name: optional(nullableString, null), topicId: optional(uuid, zeroUuid) })), []),
    topicNames: between(1, 5, array(string), []),
    timeoutMs: optional(int32, 60000)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(
      struct({
        name: nullableString,
        topicId: since(6, uuid, zeroUuid),
        errorCode: int16,
        errorMessage: since(5, nullableString, null)
      })
    )
  })
})
