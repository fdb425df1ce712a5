import { QUIET_JUDGEMENTS, wantedPollers } from './scaling'

const bounds = { minimum: 1, maximum: 200, partitions: 12 }
const load = { pollers: 2, lag: 0, progress: 1000, quiet: 0 }

test('a lag that the pollers do not work off until the next judgement doubles them', () => {
  expect(wantedPollers({ ...load, lag: 1001 }, bounds)).toBe(4)
})

test('a lag that they work off in time changes nothing', () => {
  expect(wantedPollers({ ...load, lag: 1000 }, bounds)).toBe(2)
})

test('there are never more pollers than partitions, nor more than the maximum', () => {
  expect(wantedPollers({ ...load, pollers: 8, lag: 9999 }, bounds)).toBe(12)
  expect(wantedPollers({ ...load, pollers: 8, lag: 9999 }, { ...bounds, maximum: 10 })).toBe(10)
  expect(wantedPollers({ ...load, pollers: 8 }, { ...bounds, partitions: 3 })).toBe(3)
})

test('one poller less after three judgements without a backlog, down to the minimum', () => {
  expect(wantedPollers({ ...load, quiet: QUIET_JUDGEMENTS - 2 }, bounds)).toBe(2)
  expect(wantedPollers({ ...load, quiet: QUIET_JUDGEMENTS - 1 }, bounds)).toBe(1)
  expect(wantedPollers({ ...load, quiet: 9 }, { ...bounds, minimum: 2 })).toBe(2)
})

test('partitions that were added let the minimum be reached', () => {
  expect(wantedPollers({ ...load, pollers: 1 }, { minimum: 3, maximum: 5, partitions: 2 })).toBe(2)
  expect(wantedPollers({ ...load, pollers: 2 }, { minimum: 3, maximum: 5, partitions: 6 })).toBe(3)
})
