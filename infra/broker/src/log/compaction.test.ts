// Does compaction keep the last value of every key, and nothing that a reader could miss?
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BatchInput, batchOf, compressed, markerOf } from '../../test/batches'
import { temporaryFolder } from '../../test/folder'
import { batchSizeAt, hasValidCrc, patchBatch, readBatchHeader } from '../protocol'
import { Flusher } from './flusher'
import { PartitionLog } from './partition-log'
import { deleteHorizonOf, recordsOf } from './records'
import { segmentName } from './segment'
import { keepEverything, type LogSettings } from './settings'
import { TailBudget } from './tail'

const opened: { log: PartitionLog; flusher: Flusher }[] = []
const hour = 3_600_000
let now = 1_700_000_000_000

afterEach(async () => {
  for (const { flusher, log } of opened.splice(0)) {
    await flusher.close()
    await log.close()
  }
})

interface Options {
  folder?: string
  settings?: Partial<LogSettings>
  warnings?: string[]
  segmentBytes?: number
}

/** A log in which every batch begins a segment, unless told otherwise. */
function open({ folder, segmentBytes = 1, settings, warnings = [] }: Options): PartitionLog {
  const flusher = new Flusher(1000, error => warnings.push(String(error)))
  const log = new PartitionLog({
    folder,
    segmentBytes,
    settings: { ...keepEverything, isCompacted: true, deleteRetentionMs: hour, ...settings },
    now: () => now,
    budget: new TailBudget(1_000_000),
    flusher,
    onWarning: message => warnings.push(message)
  })
  opened.push({ log, flusher })
  return log
}

/** `a=1 b=2 a=` as records: a key without a value is a tombstone. */
function pairs(text: string, more: Partial<BatchInput> = {}): Buffer {
  const records = text.split(' ').map(pair => pair.split('=') as [string, string])
  return batchOf({ keys: records.map(([key]) => key), values: records.map(([, value]) => value || null), firstTime: now, ...more })
}

async function batchesIn(log: PartitionLog): Promise<Buffer[]> {
  const batches: Buffer[] = []
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    for (const bytes of await log.read(offset, 1_000_000)) {
      for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
        const batch = bytes.subarray(at, at + batchSizeAt(bytes, at))
        expect(hasValidCrc(batch, 0, batch.length)).toBe(true)
        batches.push(batch)
        offset = readBatchHeader(batch).lastOffset + 1
      }
    }
  }
  return batches
}

/** All that a reader from the start gets, as `offset key=value`. */
async function contents(log: PartitionLog): Promise<string[]> {
  const found: string[] = []
  for (const batch of await batchesIn(log)) {
    if (readBatchHeader(batch).isControl) found.push(`${readBatchHeader(batch).baseOffset} marker`)
    else for (const { key, offset, value } of recordsOf(batch)) found.push(`${offset} ${key}=${value ?? ''}`)
  }
  return found
}

const add = (log: PartitionLog, ...batches: Buffer[]) => {
  for (const batch of batches) log.append(batch, 1_000_000)
}

describe.each([
  ['in memory', () => undefined],
  ['on disk', () => join(temporaryFolder(), 'log')]
])('a compacted log %s', (_, folderOf) => {
  it('keeps the last value of every key at its offset, and all of its open segment', async () => {
    const log = open({ folder: folderOf() })
    add(log, pairs('a=1 b=1'), pairs('a=2'), pairs('c=1 a=3'), pairs('b=2'), pairs('a=4 a=5'))
    await log.cleanUp()
    expect(await contents(log)).toEqual(['3 c=1', '4 a=3', '5 b=2', '6 a=4', '7 a=5'])
    expect([log.startOffset, log.endOffset]).toEqual([0, 8])
    add(log, pairs('c=2'), pairs('d=1'))
    await log.cleanUp()
    expect(await contents(log)).toEqual(['5 b=2', '7 a=5', '8 c=2', '9 d=1'])
  })

  it('can be read from every offset, also those that are gone', async () => {
    const log = open({ folder: folderOf() })
    add(log, pairs('a=1 b=1 a=2'), pairs('a=3'), pairs('a=4'), pairs('z=1'))
    await log.cleanUp()
    for (let offset = 0; offset < log.endOffset; offset++) {
      const [bytes] = await log.read(offset, 1)
      expect(readBatchHeader(bytes!).lastOffset).toBeGreaterThanOrEqual(offset)
    }
  })

  it('drops a tombstone delete.retention.ms after it first kept it', async () => {
    const log = open({ folder: folderOf() })
    add(log, pairs('a=1'), pairs('a= b=1'), pairs('z=1'))
    await log.cleanUp()
    expect(await contents(log)).toEqual(['1 a=', '2 b=1', '3 z=1'])
    const [batch] = (await batchesIn(log)).filter(each => deleteHorizonOf(each) !== undefined)
    expect(deleteHorizonOf(batch!)).toBe(now + hour)
    expect([...recordsOf(batch!)].map(({ timestamp }) => timestamp)).toEqual([now, now + 1])
    now += hour - 1
    await log.cleanUp()
    expect(await contents(log)).toContain('1 a=')
    now += 1
    await log.cleanUp()
    expect(await contents(log)).toEqual(['2 b=1', '3 z=1'])
  })

  it('unpacks what it looks into, and leaves packed what it keeps whole', async () => {
    const log = open({ folder: folderOf() })
    add(log, compressed(pairs('a=1 b=1'), 'gzip', gzipSync), compressed(pairs('a=2 c=1'), 'gzip', gzipSync), pairs('z=1'))
    await log.cleanUp()
    expect(await contents(log)).toEqual(['1 b=1', '2 a=2', '3 c=1', '4 z=1'])
    expect((await batchesIn(log)).map(batch => readBatchHeader(batch).compression)).toEqual(['none', 'gzip', 'none'])
  })

  it('still answers a repeated idempotent batch, and takes the next', async () => {
    const log = open({ folder: folderOf() })
    const of = (baseSequence: number) => pairs('a=1', { producerId: 7, producerEpoch: 0, baseSequence })
    add(log, of(0), of(1), pairs('a=2'), pairs('z=1'))
    await log.cleanUp()
    expect(await contents(log)).toEqual(['2 a=2', '3 z=1'])
    // an empty batch says what the producer's last sequence was, and another ends each segment
    expect((await batchesIn(log)).map(batch => readBatchHeader(batch).producerId)).toEqual([7, 7, -1, -1])
    expect(log.append(of(1), 1_000_000)).toBe(1)
    expect(log.append(of(2), 1_000_000)).toBe(4)
  })

  it('finds times in what is left', async () => {
    const log = open({ folder: folderOf() })
    add(
      log,
      pairs('a=1', { firstTime: 100 }),
      pairs('a=2', { firstTime: 300 }),
      pairs('b=1', { firstTime: 200 }),
      pairs('z=1', { firstTime: 50 })
    )
    await log.cleanUp()
    expect(await log.firstAtOrAfter(90)).toEqual({ offset: 1, timestamp: 300 })
    expect(await log.latestRecord()).toEqual({ offset: 1, timestamp: 300 })
  })

  it.each<[string, Partial<LogSettings>]>([
    ['less is new than min.cleanable.dirty.ratio asks for', { minCleanableRatio: 1 }],
    ['the records are younger than min.compaction.lag.ms', { minCompactionLagMs: hour }],
    ['the policy is another', { isCompacted: false }]
  ])('stays as it is when %s', async (__, settings) => {
    const log = open({ folder: folderOf(), settings })
    add(log, pairs('a=1'), pairs('a=2'), pairs('z=1'))
    await log.cleanUp()
    expect(await contents(log)).toEqual(['0 a=1', '1 a=2', '2 z=1'])
  })

  it('is compacted after max.compaction.lag.ms however little is new', async () => {
    const log = open({ folder: folderOf(), settings: { minCleanableRatio: 1, maxCompactionLagMs: hour } })
    add(log, pairs('a=1'), pairs('a=2'), pairs('z=1'))
    now += hour + 1
    await log.cleanUp()
    expect(await contents(log)).toEqual(['1 a=2', '2 z=1'])
  })

  it('makes few segments of many, once little is left in them', async () => {
    const log = open({ folder: folderOf(), segmentBytes: 300 })
    for (let index = 0; index < 50; index++) add(log, pairs(`k${index % 3}=${index}`))
    const before = log.sizeBytes
    await log.cleanUp()
    for (let index = 50; index < 58; index++) add(log, pairs(`k${index % 3}=${index}`))
    await log.cleanUp()
    expect((await contents(log)).map(each => each.split(' ')[1])).toEqual(expect.arrayContaining(['k0=57', 'k1=55', 'k2=56']))
    expect(log.sizeBytes).toBeLessThan(before / 4)
  })
})

describe('what only a broker writes, or nobody can read', () => {
  /** A folder with a segment for each batch. */
  function folderWith(...batches: Buffer[]): string {
    const folder = temporaryFolder()
    let offset = 0
    for (const batch of batches) {
      patchBatch(batch, 0, offset, 0)
      writeFileSync(join(folder, segmentName(offset)), batch)
      offset = readBatchHeader(batch).lastOffset + 1
    }
    return folder
  }

  it('drops aborted transactions, keeps markers, and lets alone what is undecided', async () => {
    const within = (text: string, producerId: number) =>
      pairs(text, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    const decided = [pairs('a=1 b=1 c=1'), within('a=aborted', 1), markerOf(1, false), within('b=2', 2), markerOf(2, true)]
    const log = open({ folder: folderWith(...decided, within('c=open', 3), pairs('a=2'), pairs('z=1')) })
    await log.cleanUp()
    expect(await contents(log)).toEqual(['2 c=1', '4 marker', '5 b=2', '6 marker', '7 c=open', '8 a=2', '9 z=1'])
  })

  it('keeps a batch that it cannot unpack', async () => {
    const garbled = compressed(pairs('a=1'), 'lz4', () => Buffer.from('no lz4 at all'))
    const log = open({ folder: folderWith(garbled, pairs('a=2'), pairs('a=3'), pairs('z=1')) })
    await log.cleanUp()
    const counts = (await batchesIn(log)).map(batch => readBatchHeader(batch).recordCount)
    expect([counts, (await batchesIn(log))[0]]).toEqual([[1, 0, 1, 1], garbled])
  })
})

describe('the files of a compacted log', () => {
  const logsIn = (folder: string) =>
    readdirSync(folder)
      .filter(name => name.endsWith('.log'))
      .sort()

  async function compactedFolder() {
    const folder = join(temporaryFolder(), 'log')
    const log = open({ folder, segmentBytes: 200 })
    for (let index = 0; index < 20; index++) add(log, pairs(`k${index % 2}=${index}`))
    const before = new Map(readdirSync(folder).map(name => [name, readFileSync(join(folder, name))]))
    const whole = await contents(log)
    await log.cleanUp()
    return { folder, log, before, whole, compacted: await contents(log) }
  }

  it('are read again after a stop of any kind, with and without snapshots', async () => {
    const { compacted, folder, log } = await compactedFolder()
    expect(await contents(open({ folder }))).toEqual(compacted)
    for (const name of readdirSync(folder)) if (name.endsWith('.snapshot')) rmSync(join(folder, name))
    const warnings: string[] = []
    const again = open({ folder, warnings })
    expect([await contents(again), again.endOffset, warnings]).toEqual([compacted, log.endOffset, []])
  })

  it('are the old ones when the stop came before the new was whole', async () => {
    const { before, folder, log, whole } = await compactedFolder()
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    for (const [name, bytes] of before) writeFileSync(join(folder, name), bytes)
    writeFileSync(join(folder, '00000000000000000000.log.compacted'), Buffer.alloc(90, 7))
    const again = open({ folder })
    expect([await contents(again), again.endOffset]).toEqual([whole, log.endOffset])
    expect(existsSync(join(folder, '00000000000000000000.log.compacted'))).toBe(false)
  })

  it('are the new ones when the stop came before the old were removed', async () => {
    const { before, compacted, folder } = await compactedFolder()
    const after = logsIn(folder)
    for (const [name, bytes] of before) if (!after.includes(name) && name.endsWith('.log')) writeFileSync(join(folder, name), bytes)
    rmSync(join(folder, '00000000000000000000.snapshot'), { force: true })
    const warnings: string[] = []
    expect(await contents(open({ folder, warnings }))).toEqual(compacted)
    expect([logsIn(folder), warnings]).toEqual([after, []])
  })

  it('remember up to where they are compacted', async () => {
    const { folder, log } = await compactedFolder()
    const { compactedTo } = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))
    expect(compactedTo).toBeGreaterThan(10)
    expect(compactedTo).toBeLessThan(log.endOffset)
  })
})
