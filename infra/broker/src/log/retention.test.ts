// Do records go by age, by size and on request, and only whole segments of them?
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { batchOf } from '../../test/batches'
import { temporaryFolder } from '../../test/folder'
import { Flusher } from './flusher'
import { PartitionLog } from './partition-log'
import { keepEverything, type LogSettings } from './settings'
import { TailBudget } from './tail'

const opened: { log: PartitionLog; flusher: Flusher }[] = []
let now = 1_700_000_000_000

afterEach(async () => {
  for (const { flusher, log } of opened.splice(0)) {
    await flusher.close()
    await log.close()
  }
})

/** A log in which each batch begins a segment. */
function open(folder: string | undefined, settings: Partial<LogSettings> = {}, segmentBytes = 1): PartitionLog {
  const flusher = new Flusher(1000, () => {})
  const budget = new TailBudget(1_000_000)
  const all = { ...keepEverything, isDeleted: true, ...settings }
  const log = new PartitionLog({ folder, segmentBytes, settings: all, now: () => now, budget, flusher, onWarning: () => {} })
  opened.push({ log, flusher })
  return log
}

const two = (firstTime = now) => batchOf({ values: ['a', 'b'], firstTime })
const bytes = two().length
const add = (log: PartitionLog, ...batches: Buffer[]) => {
  for (const batch of batches) log.append(batch, 1_000_000)
}
const range = ({ endOffset, startOffset }: PartitionLog) => [startOffset, endOffset]

describe.each([
  ['in memory', () => undefined],
  ['on disk', () => join(temporaryFolder(), 'log')]
])('a log %s', (_, folderOf) => {
  it('lets go segments whose latest record is older than retention.ms, and then all', async () => {
    const log = open(folderOf(), { retentionMs: 1000 })
    add(log, two(now - 5000), two(now - 500), two(now - 3000), two())
    await log.cleanUp()
    // the third is old as well, but stays as long as the one before it
    expect(range(log)).toEqual([2, 8])
    now += 600
    await log.cleanUp()
    expect(range(log)).toEqual([6, 8])
    now += 1000
    await log.cleanUp()
    expect([range(log), log.sizeBytes]).toEqual([[8, 8], 0])
    expect(await log.latestRecord()).toBeUndefined()
    add(log, two())
    expect(range(log)).toEqual([8, 10])
    expect(await log.read(8, 1000)).toHaveLength(1)
  })

  it('lets go what is before the last retention.bytes', async () => {
    const log = open(folderOf(), { retentionBytes: bytes * 2 })
    add(log, two(), two(), two(), two(), two())
    await log.cleanUp()
    expect([range(log), log.sizeBytes]).toEqual([[6, 10], bytes * 2])
  })

  it('keeps all when the policy is not to delete', async () => {
    const log = open(folderOf(), { retentionMs: 1, retentionBytes: 1, isDeleted: false })
    add(log, two(0), two(0), two(0))
    await log.cleanUp()
    expect(range(log)).toEqual([0, 6])
  })

  it('starts where it is told to, also within a batch', async () => {
    const log = open(folderOf())
    add(log, two(), two(), two())
    log.deleteBefore(3)
    expect(range(log)).toEqual([3, 6])
    expect(log.sizeBytes).toBe(bytes * 2)
    expect(await log.firstAtOrAfter(0)).toEqual({ offset: 3, timestamp: now + 1 })
    log.deleteBefore(1)
    expect(range(log)).toEqual([3, 6])
    log.deleteBefore(6)
    expect(range(log)).toEqual([6, 6])
    add(log, two())
    expect(range(log)).toEqual([6, 8])
  })

  it('goes on in a new segment by size, and by the time between records', () => {
    const bySize = open(folderOf(), { segmentBytes: bytes * 2 }, 1_000_000)
    add(bySize, two(), two(), two(), two(), two())
    bySize.deleteBefore(8)
    expect(bySize.sizeBytes).toBe(bytes)
    const byTime = open(folderOf(), { segmentMs: 1000 }, 1_000_000)
    add(byTime, two(), two(now + 900), two(now + 1002), two(now + 1100))
    byTime.deleteBefore(4)
    expect(byTime.sizeBytes).toBe(bytes * 2)
  })
})

describe('the start of a log on disk', () => {
  it('is the same after a stop of any kind', async () => {
    const folder = join(temporaryFolder(), 'log')
    const log = open(folder, { retentionMs: 1000 })
    add(log, two(now - 5000), two(), two())
    await log.cleanUp()
    expect(range(open(folder))).toEqual([2, 6])
    log.deleteBefore(3)
    expect(range(open(folder))).toEqual([3, 6])
    now += 10_000
    await log.cleanUp()
    expect(range(open(folder))).toEqual([6, 6])
  })

  it('leaves no file behind of what is gone', async () => {
    const folder = join(temporaryFolder(), 'log')
    const log = open(folder, { retentionMs: 1000 })
    add(log, two(), two(), two())
    now += 5000
    await log.cleanUp()
    await log.close()
    expect(readdirSync(folder).sort()).toEqual(['00000000000000000006.log', '00000000000000000006.snapshot'])
  })

  it('is the first segment when its state is lost', () => {
    const folder = join(temporaryFolder(), 'log')
    const log = open(folder)
    add(log, two(), two())
    log.deleteBefore(3)
    rmSync(join(folder, 'state.json'))
    expect(range(open(folder))).toEqual([2, 4])
  })
})
