// Which aborted transactions does a reader of some offsets have to know?
import { type AbortedRange, AbortedRanges } from './aborted'

// three producers, interleaved: the second ends first, and the third begins after the first has ended
const second: AbortedRange = { producerId: 2, firstOffset: 5, lastOffset: 9, stableOffset: 0 }
const first: AbortedRange = { producerId: 1, firstOffset: 0, lastOffset: 20, stableOffset: 21 }
const third: AbortedRange = { producerId: 3, firstOffset: 30, lastOffset: 40, stableOffset: 41 }
const ranges = () => new AbortedRanges([second, first, third])

it.each([
  ['before the second begins', 0, 5, [first]],
  ['where two overlap', 6, 8, [second, first]],
  ['behind the second', 10, 15, [first]],
  ['between two', 21, 30, []],
  ['over all', 0, 100, [second, first, third]],
  ['behind all', 41, 100, []]
])('%s', (_, from, before, expected) => {
  expect(ranges().within(from, before)).toEqual(expected)
})

it('every range that shares an offset is found, for every pair of offsets', () => {
  const shares = (from: number, before: number) =>
    [second, first, third].filter(each => each.firstOffset < before && each.lastOffset >= from)
  for (let from = 0; from < 50; from++)
    for (let before = from + 1; before < 50; before++) expect(ranges().within(from, before)).toEqual(shares(from, before))
})

it('those that ended in a segment are told, and those before the start forgotten', () => {
  const all = ranges()
  expect(all.endedWithin(0, 20)).toEqual([second])
  expect(all.endedWithin(20, 41)).toEqual([first, third])
  all.dropBefore(10)
  expect(all.within(0, 100)).toEqual([first, third])
  expect([all.reaches(40), all.reaches(41)]).toEqual([true, false])
})
