import fc from 'fast-check'
import { assignRange, decodeAssignment, encodeSubscription } from './assignor'

test('every partition has exactly one reader, and no member has two more than another', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 0, max: 30 }),
      (ids, count) => {
        const members = ids.map(memberId => ({ memberId, metadata: encodeSubscription('t') }))
        const assigned = assignRange(members, () => Array.from({ length: count }, (_, index) => index))
        const partitions = assigned.map(({ assignment }) => decodeAssignment(assignment, 't'))
        expect(partitions.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index))
        const lengths = partitions.map(({ length }) => length)
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      }
    )
  )
})

test('a member is only given topics it reads', () => {
  const members = [
    { memberId: 'a', metadata: encodeSubscription('t') },
    { memberId: 'b', metadata: encodeSubscription('u') }
  ]
  const assigned = new Map(assignRange(members, () => [0, 1]).map(({ memberId, assignment }) => [memberId, assignment]))
  expect(decodeAssignment(assigned.get('a')!, 't')).toEqual([0, 1])
  expect(decodeAssignment(assigned.get('a')!, 'u')).toEqual([])
  expect(decodeAssignment(Buffer.alloc(0), 't')).toEqual([])
})
