// Does every partition have one reader, as even as the subscriptions allow, and does nobody lose what it could keep?
import fc from 'fast-check'
import { type Assignment, type Assignor, assignors, preferredAssignor, range, type Subscriber, uniform } from './assignors'

function subscriber(id: string, topics: string[], previous: Assignment = new Map(), instanceId: string | null = null): Subscriber {
  return { id, instanceId, topics: new Set(topics), previous }
}

function shown(assignments: Map<string, Assignment>): Record<string, string> {
  const texts = [...assignments].map(([id, assignment]) => {
    const parts = [...assignment].map(([topic, numbers]) => `${topic}:${[...numbers].sort((left, right) => left - right).join(',')}`)
    return [id, parts.sort().join(' ')] as const
  })
  return Object.fromEntries(texts)
}

const sizeOf = (assignment: Assignment) => [...assignment.values()].reduce((sum, numbers) => sum + numbers.size, 0)

it('range gives neighbours, and the same numbers of like topics to the same reader', () => {
  const partitions = new Map([
    ['t', 5],
    ['u', 5]
  ])
  const readers = [subscriber('b', ['t', 'u']), subscriber('a', ['t', 'u'])]
  expect(shown(range(readers, partitions))).toEqual({ a: 't:0,1,2 u:0,1,2', b: 't:3,4 u:3,4' })
})

it('range keeps a static member in its place under another member id', () => {
  const readersWith = (id: string) => [subscriber(id, ['t'], new Map(), 'i'), subscriber('m', ['t'])]
  const partitions = new Map([['t', 4]])
  expect(shown(range(readersWith('a'), partitions))['a']).toBe('t:0,1')
  expect(shown(range(readersWith('z'), partitions))['z']).toBe('t:0,1')
})

it('uniform evens out over topics', () => {
  const partitions = new Map([
    ['t', 3],
    ['u', 3]
  ])
  const loads = [...uniform([subscriber('a', ['t', 'u']), subscriber('b', ['t', 'u'])], partitions).values()].map(sizeOf)
  expect(loads).toEqual([3, 3])
})

it('uniform moves only what it must when a reader comes', () => {
  const partitions = new Map([['t', 6]])
  const before = uniform([subscriber('a', ['t']), subscriber('b', ['t'])], partitions)
  const after = uniform(
    [subscriber('a', ['t'], before.get('a')), subscriber('b', ['t'], before.get('b')), subscriber('c', ['t'])],
    partitions
  )
  expect([...after.values()].map(sizeOf)).toEqual([2, 2, 2])
  for (const id of ['a', 'b']) for (const number of after.get(id)!.get('t')!) expect(before.get(id)!.get('t')).toContain(number)
})

it('uniform gives a topic only to those who read it, and leaves nobody the more loaded for it than need be', () => {
  const partitions = new Map([
    ['t', 4],
    ['u', 2]
  ])
  expect(shown(uniform([subscriber('a', ['t']), subscriber('b', ['t', 'u'])], partitions))).toEqual({
    a: expect.stringMatching(/^t:\d,\d,\d$/),
    b: expect.stringMatching(/^t:\d u:0,1$/)
  })
})

const topicNames = ['t', 'u', 'v']
const inputs = fc.record({
  partitions: fc.tuple(...topicNames.map(() => fc.nat(12))),
  subscriptions: fc.array(fc.subarray(topicNames), { maxLength: 8 }),
  next: fc.array(fc.subarray(topicNames), { maxLength: 8 })
})

describe.each(Object.entries(assignors))('%s, whatever the subscriptions', (_, assignor: Assignor) => {
  it('gives each partition that has a reader to exactly one of its readers, also after a change', () => {
    fc.assert(
      fc.property(inputs, ({ next, partitions: counts, subscriptions }) => {
        const partitions = new Map(topicNames.map((name, index) => [name, counts[index]!]))
        const first = assignor(
          subscriptions.map((topics, index) => subscriber(`m${index}`, topics)),
          partitions
        )
        const readers = next.map((topics, index) => subscriber(`m${index}`, topics, first.get(`m${index}`)))
        const assignments = assignor(readers, partitions)
        for (const [topic, count] of partitions) {
          const given = readers.flatMap(({ id }) => [...(assignments.get(id)!.get(topic) ?? [])])
          const isRead = readers.some(({ topics }) => topics.has(topic))
          expect(given.sort((left, right) => left - right)).toEqual(isRead ? Array.from({ length: count }, (_, index) => index) : [])
        }
        for (const { id, topics } of readers) for (const topic of assignments.get(id)!.keys()) expect(topics).toContain(topic)
      })
    )
  })
})

it('uniform is even to one partition when all read the same', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (count, before, after) => {
      const partitions = new Map([['t', count]])
      const readers = (size: number, had?: Map<string, Assignment>) =>
        Array.from({ length: size }, (_, index) => subscriber(`m${index}`, ['t'], had?.get(`m${index}`)))
      const loads = [...uniform(readers(after, uniform(readers(before), partitions)), partitions).values()].map(sizeOf)
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
    })
  )
})

it('the assignor is the one that most members ask for', () => {
  expect(preferredAssignor([])).toBe('uniform')
  expect(preferredAssignor([null, 'range'])).toBe('range')
  expect(preferredAssignor(['uniform', 'range', 'range'])).toBe('range')
})
