// Who should read what, when the broker decides (KIP-848)? Pure: members, topics and what each had give what each should have.
import { KafkaError } from '../protocol'

/** Partitions by topic id. */
export type Assignment = Map<string, Set<number>>

export interface Subscriber {
  id: string
  /** Sorts a static member where it was before, whatever its member id. */
  instanceId: string | null
  /** Ids of the topics it reads, of those that are there. */
  topics: ReadonlySet<string>
  /** What it should have had until now. */
  previous: Assignment
}

/** @param partitions the number of partitions by topic id */
export type Assignor = (readers: readonly Subscriber[], partitions: ReadonlyMap<string, number>) => Map<string, Assignment>

function give(assignment: Assignment, topic: string, partition: number): void {
  const had = assignment.get(topic)
  if (had) had.add(partition)
  else assignment.set(topic, new Set([partition]))
}

function inOrder(readers: readonly Subscriber[]): Subscriber[] {
  const keyOf = ({ id, instanceId }: Subscriber) => (instanceId === null ? `1${id}` : `0${instanceId}`)
  return [...readers].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
}

/** Topic by topic, each reader a row of neighbours: the same numbers of topics that have as many partitions go to the same reader. */
export const range: Assignor = (readers, partitions) => {
  const ordered = inOrder(readers)
  const assignments = new Map(ordered.map(({ id }) => [id, new Map() as Assignment]))
  for (const [topic, count] of partitions) {
    const interested = ordered.filter(({ topics }) => topics.has(topic))
    let next = 0
    interested.forEach(({ id }, index) => {
      const share = Math.floor(count / interested.length) + (index < count % interested.length ? 1 : 0)
      for (const end = next + share; next < end; next++) give(assignments.get(id)!, topic, next)
    })
  }
  return assignments
}

interface Load {
  reader: Subscriber
  assignment: Assignment
  count: number
}

function leastLoaded(loads: readonly Load[], topic: string): Load | undefined {
  let least: Load | undefined
  for (const load of loads) if (load.reader.topics.has(topic) && (!least || load.count < least.count)) least = load
  return least
}

/** One partition of the fullest that somebody with two fewer may have instead; whether there was one. */
function moveOne(from: Load, loads: readonly Load[]): boolean {
  for (const [topic, numbers] of from.assignment) {
    const to = leastLoaded(loads, topic)
    if (!to || to.count >= from.count - 1) continue
    const moved = Math.max(...numbers)
    numbers.delete(moved)
    if (numbers.size === 0) from.assignment.delete(topic)
    give(to.assignment, topic, moved)
    from.count--
    to.count++
    return true
  }
  return false
}

/** As even as the subscriptions allow, and everybody keeps what it had as far as that is. */
export const uniform: Assignor = (readers, partitions) => {
  const taken = new Map<string, Set<number>>()
  const loads = inOrder(readers).map((reader): Load => {
    const assignment: Assignment = new Map()
    let count = 0
    for (const [topic, numbers] of reader.previous) {
      for (const partition of numbers) {
        if (!reader.topics.has(topic) || partition >= (partitions.get(topic) ?? 0) || taken.get(topic)?.has(partition)) continue
        give(assignment, topic, partition)
        give(taken, topic, partition)
        count++
      }
    }
    return { reader, assignment, count }
  })
  for (const [topic, total] of partitions) {
    for (let partition = 0; partition < total; partition++) {
      if (taken.get(topic)?.has(partition)) continue
      const load = leastLoaded(loads, topic)
      if (!load) break
      give(load.assignment, topic, partition)
      load.count++
    }
  }
  // each move makes the loads more even, so that there is an end
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false
    for (const load of [...loads].sort((left, right) => right.count - left.count)) while (moveOne(load, loads)) hasMoved = true
  }
  return new Map(loads.map(({ assignment, reader }) => [reader.id, assignment]))
}

/** Those that a member may ask for; the first is what members get that ask for none. */
export const assignors: Readonly<Record<string, Assignor>> = { uniform, range }
export const defaultAssignor = 'uniform'

/** The assignor that most members ask for. */
export function preferredAssignor(asked: readonly (string | null)[]): string {
  const votes = new Map<string, number>()
  for (const name of asked) if (name !== null) votes.set(name, (votes.get(name) ?? 0) + 1)
  return [...votes].sort((left, right) => right[1] - left[1])[0]?.[0] ?? defaultAssignor
}

/** Throws KafkaError UNSUPPORTED_ASSIGNOR for a name that is not in `assignors`. */
export function checkAssignor(name: string | null): void {
  if (name === null || Object.hasOwn(assignors, name)) return
  const known = Object.keys(assignors).join(', ')
  throw new KafkaError('UNSUPPORTED_ASSIGNOR', `ServerAssignor ${name} is not supported. Supported assignors: ${known}.`)
}
