// Which topics do the members of a group of the new consumer protocol read, with how many partitions, as of now?
import { KafkaError } from '../protocol'
import type { Topic } from '../topics/topics'
import type { Assignment } from './assignors'
import { type ConsumerMember, type TopicPartitions, toTopicPartitions } from './consumer-member'
import type { NamedPartitions } from './consumer-protocol'
import { namesMatching } from './topic-expression'

/** What is needed of the broker's topics. */
export interface TopicCatalog {
  find(name: string): Topic | undefined
  findById(id: string): Topic | undefined
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

/** An expression that was fine when it came, and with the names of today is not, matches nothing. */
function matching(pattern: string, names: readonly string[]): string[] {
  try {
    return namesMatching(pattern, names)
  } catch (error) {
    if (error instanceof KafkaError) return []
    throw error
  }
}

/** What a pattern matches; members mostly share one, and each match takes a while. */
function matcherOf(catalog: TopicCatalog): (pattern: string) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return pattern => {
    const names =
      known.get(pattern) ??
      matching(
        pattern,
        catalog.all().map(({ name }) => name)
      )
    known.set(pattern, names)
    return names
  }
}

function topicsOf(member: ConsumerMember, catalog: TopicCatalog, matched: (pattern: string) => readonly string[]): Set<Topic> {
  const topics = new Set<Topic>()
  const { subscribedTopicNames, subscribedTopicRegex: pattern } = member
  for (const name of pattern ? [...subscribedTopicNames, ...matched(pattern)] : subscribedTopicNames) {
    const topic = catalog.find(name)
    if (topic) topics.add(topic)
  }
  return topics
}

/** Names that are no topic yet are left out until they are. */
export function resolve(members: Iterable<ConsumerMember>, catalog: TopicCatalog): Subscriptions {
  const found: Subscriptions = { topicsOf: new Map(), partitions: new Map() }
  const matched = matcherOf(catalog)
  for (const member of members) {
    const topics = topicsOf(member, catalog, matched)
    found.topicsOf.set(member.id, new Set([...topics].map(({ id }) => id)))
    for (const { id, partitions } of topics) found.partitions.set(id, partitions.length)
  }
  return found
}

export function hasSamePartitions({ partitions: left }: Subscriptions, { partitions: right }: Subscriptions): boolean {
  return left.size === right.size && [...left].every(([id, count]) => right.get(id) === count)
}

/** Partitions by the id of their topic. Of topics that are not there nobody has any. */
export function toIds(named: readonly NamedPartitions[], catalog: TopicCatalog): TopicPartitions[] {
  return named.flatMap(({ partitions, topic }) => {
    const topicId = catalog.find(topic)?.id
    return topicId === undefined ? [] : [{ topicId, partitions }]
  })
}

/** Partitions by the name of their topic. A topic that was deleted has none. */
export function toNames(assignment: Assignment, catalog: TopicCatalog): NamedPartitions[] {
  return toTopicPartitions(assignment).flatMap(({ partitions, topicId }) => {
    const topic = catalog.findById(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions }]
  })
}
