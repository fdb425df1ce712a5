// Which topics do the members of a group of the new consumer protocol read, with how many partitions, as of now?
import type { Topic } from '../topics/topics'
import { regularExpressionOf } from './consumer-heartbeat'
import type { ConsumerMember } from './consumer-member'

/** What is needed of the broker's topics. */
export interface TopicCatalog {
  find(name: string): Topic | undefined
  all(): Topic[]
  /** Counts what was created, grown and deleted. */
  readonly changes: number
}

export interface Subscriptions {
  /** Topic ids by member id. */
  topicsOf: Map<string, Set<string>>
  /** Partitions by topic id. */
  partitions: Map<string, number>
}

function topicsOf(member: ConsumerMember, catalog: TopicCatalog): Set<Topic> {
  const topics = new Set<Topic>()
  for (const name of member.subscribedTopicNames) {
    const topic = catalog.find(name)
    if (topic) topics.add(topic)
  }
  if (member.subscribedTopicRegex) {
    const expression = regularExpressionOf(member.subscribedTopicRegex)
    for (const topic of catalog.all()) if (expression.test(topic.name)) topics.add(topic)
  }
  return topics
}

/** Names that are no topic yet are left out until they are. */
export function resolve(members: Iterable<ConsumerMember>, catalog: TopicCatalog): Subscriptions {
  const found: Subscriptions = { topicsOf: new Map(), partitions: new Map() }
  for (const member of members) {
    const topics = topicsOf(member, catalog)
    found.topicsOf.set(member.id, new Set([...topics].map(({ id }) => id)))
    for (const { id, partitions } of topics) found.partitions.set(id, partitions.length)
  }
  return found
}

export function hasSamePartitions({ partitions: left }: Subscriptions, { partitions: right }: Subscriptions): boolean {
  return left.size === right.size && [...left].every(([id, count]) => right.get(id) === count)
}
