// Does a partition's log give back what was appended, also after every way to stop?
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchOf } from '../../test/batches'
import { temporaryFolder } from '../../test/folder'
import { batchSizeAt, hasValidCrc, KafkaError, readBatchHeader } from '../protocol'
import { Flusher } from './flusher'
import { PartitionLog } from './partition-log'
import { TailBudget } from './tail'

const batchBytesMax = 1_000_000
const opened: { log: PartitionLog; flusher: Flusher }[] = []

afterEach(async () => {
  for (const { flusher, log } of opened.splice(0)) {
    await flusher.close()
    await log.close()
  }
})

interface Options {
  folder?: string
  segmentBytes?: number
  /** 0 keeps nothing in memory, so that every read goes to the files. */
  tailBytes?: number
  warnings?: string[]
}

function open({ folder, segmentBytes = 1_000_000, tailBytes = 1_000_000, warnings = [] }: Options): PartitionLog {
  const flusher = new Flusher(1000, error => warnings.push(String(error)))
  const onWarning = (message: string) => warnings.push(message)
  const log = new PartitionLog({ folder, segmentBytes, budget: new TailBudget(tailBytes), flusher, onWarning })
  opened.push({ log, flusher })
  return log
}

async function offsetsFrom(log: PartitionLog, from: number, bytesMax = 1_000_000): Promise<[first: number, last: number][]> {
  const found: [number, number][] = []
  for (const bytes of await log.read(from, bytesMax)) {
    for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
      const header = readBatchHeader(bytes, at)
      found.push([header.baseOffset, header.lastOffset])
    }
  }
  return found
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return error instanceof KafkaError ? error.errorName : String(error)
  }
}

const three = () => batchOf({ values: ['a', 'b', 'c'] })

describe.each([
  ['in memory', () => ({})],
  ['on disk, read from its tail', () => ({ folder: join(temporaryFolder(), 'log') })],
  ['on disk, read from its files', () => ({ folder: join(temporaryFolder(), 'log'), tailBytes: 0 })],
  ['on disk, in many segments', () => ({ folder: join(temporaryFolder(), 'log'), tailBytes: 0, segmentBytes: 200 })]
])('a log %s', (_, options) => {
  it('gives offsets in order of arrival and serves whole batches from any offset', async () => {
    const log = open(options())
    expect([log.append(three(), batchBytesMax), log.append(Buffer.concat([three(), three()]), batchBytesMax)]).toEqual([0, 3])
    expect(log.endOffset).toBe(9)
    expect((await offsetsFrom(log, 0))[0]).toEqual([0, 2])
    expect((await offsetsFrom(log, 5))[0]).toEqual([3, 5])
    expect((await offsetsFrom(log, 8)).at(-1)).toEqual([6, 8])
    expect(await offsetsFrom(log, 9)).toEqual([])
  })

  it('serves one batch at least, and no more than fit', async () => {
    const log = open(options())
    for (let index = 0; index < 5; index++) log.append(three(), batchBytesMax)
    expect(await offsetsFrom(log, 0, 0)).toEqual([[0, 2]])
    expect((await offsetsFrom(log, 3, three().length + 1)).length).toBe(1)
  })

  it('gives every record the time of its append where that is asked for, in a batch whose checksum holds', async () => {
    const log = open(options())
    log.append(batchOf({ values: ['a', 'b'], times: [900, 100] }), batchBytesMax, 500)
    const [batch] = await log.read(0, batchBytesMax)
    expect(readBatchHeader(batch!)).toMatchObject({ hasLogAppendTime: true, maxTimestamp: 500 })
    expect(hasValidCrc(batch!, 0, batch!.length)).toBe(true)
    expect(await log.firstAtOrAfter(200)).toEqual({ offset: 0, timestamp: 500 })
    expect(await log.firstAtOrAfter(501)).toBeUndefined()
  })

  it('finds the first record at or after a time', async () => {
    const log = open(options())
    log.append(batchOf({ values: ['a', 'b'], times: [100, 200] }), batchBytesMax)
    log.append(batchOf({ values: ['c', 'd'], times: [150, 400] }), batchBytesMax)
    log.append(batchOf({ values: ['e'], times: [300] }), batchBytesMax)
    const found = await Promise.all([0, 101, 201, 400, 401].map(time => log.firstAtOrAfter(time)))
    expect(found).toEqual([
      { offset: 0, timestamp: 100 },
      { offset: 1, timestamp: 200 },
      { offset: 3, timestamp: 400 },
      { offset: 3, timestamp: 400 },
      undefined
    ])
    expect(await log.latestRecord()).toEqual({ offset: 3, timestamp: 400 })
  })

  it('answers a repeated idempotent batch with its first offset and refuses a gap', () => {
    const log = open(options())
    const of = (baseSequence: number, producerEpoch = 0) => batchOf({ values: ['x', 'y'], producerId: 7, producerEpoch, baseSequence })
    expect([log.append(of(0), batchBytesMax), log.append(of(2), batchBytesMax), log.append(of(0), batchBytesMax)]).toEqual([0, 2, 0])
    expect(log.endOffset).toBe(4)
    expect(codeOf(() => log.append(of(6), batchBytesMax))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(log.append(of(0, 1), batchBytesMax)).toBe(4)
    expect(codeOf(() => log.append(of(4, 0), batchBytesMax))).toBe('INVALID_PRODUCER_EPOCH')
  })
})

describe('what no log appends', () => {
  const harmed = three()
  harmed[harmed.length - 1]! ^= 1
  const oldFormat = three()
  oldFormat[16] = 1
  const wrongCount = three()
  wrongCount.writeInt32BE(9, 57)

  it.each([
    ['a harmed batch', harmed, 'CORRUPT_MESSAGE'],
    ['a batch with a torn end', three().subarray(0, -1), 'CORRUPT_MESSAGE'],
    ['a batch with bytes behind it', Buffer.concat([three(), Buffer.alloc(20)]), 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
    ['a message set of old', oldFormat, 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
    ['a batch that miscounts its records', wrongCount, 'INVALID_RECORD'],
    ['nothing', Buffer.alloc(0), 'INVALID_RECORD']
  ])('%s', (_, bytes, code) => {
    const log = open({})
    expect(codeOf(() => log.append(bytes, batchBytesMax))).toBe(code)
    expect(log.endOffset).toBe(0)
  })

  it('a batch larger than the topic allows', () => {
    expect(codeOf(() => open({}).append(three(), 60))).toBe('MESSAGE_TOO_LARGE')
  })
})

describe('a log opened again', () => {
  /** Appends three batches and leaves the files as a process that is killed would. */
  function killedLog(segmentBytes?: number): string {
    const folder = join(temporaryFolder(), 'log')
    const log = open({ folder, segmentBytes })
    for (let index = 0; index < 3; index++) {
      log.append(
        batchOf({ values: ['a', 'b'], firstTime: index * 100, producerId: 1, producerEpoch: 0, baseSequence: index * 2 }),
        batchBytesMax
      )
    }
    return folder
  }
  const lastFile = (folder: string) =>
    join(
      folder,
      readdirSync(folder)
        .filter(name => name.endsWith('.log'))
        .sort()
        .at(-1)!
    )

  it('ends where it ended, and still knows its producers, without a clean stop', async () => {
    const log = open({ folder: killedLog(), tailBytes: 0 })
    expect(log.endOffset).toBe(6)
    expect(await offsetsFrom(log, 2)).toEqual([
      [2, 3],
      [4, 5]
    ])
    const repeated = batchOf({ values: ['a', 'b'], firstTime: 200, producerId: 1, producerEpoch: 0, baseSequence: 4 })
    expect(log.append(repeated, batchBytesMax)).toBe(4)
    expect(log.append(three(), batchBytesMax)).toBe(6)
  })

  it('is cut at the last whole batch, whichever byte the write ended at', () => {
    const folder = killedLog()
    const file = lastFile(folder)
    const whole = readFileSync(file)
    const size = whole.length / 3
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length))
      const warnings: string[] = []
      const log = open({ folder, warnings })
      expect(log.endOffset).toBe(Math.floor(length / size) * 2)
      expect(statSync(file).size).toBe(Math.floor(length / size) * size)
      expect(warnings.length).toBe(length % size === 0 ? 0 : 1)
    }
  })

  it('is cut before a batch that was harmed, and what follows it', () => {
    const folder = killedLog(100)
    expect(readdirSync(folder).filter(name => name.endsWith('.log')).length).toBe(3)
    const second = join(folder, '00000000000000000002.log')
    const bytes = readFileSync(second)
    bytes[70]! ^= 1
    writeFileSync(second, bytes)
    for (const name of readdirSync(folder)) if (name.endsWith('.snapshot')) rmSync(join(folder, name))
    expect(open({ folder }).endOffset).toBe(2)
  })

  it('is not read whole after a clean stop, and goes on from there', async () => {
    const folder = killedLog()
    const first = opened.pop()!
    await first.flusher.close()
    await first.log.close()
    const log = open({ folder, tailBytes: 0 })
    expect(log.endOffset).toBe(6)
    expect(await log.latestRecord()).toEqual({ offset: 5, timestamp: 201 })
    expect(log.append(three(), batchBytesMax)).toBe(6)
    // the snapshot fits the file of before the append only
    const again = open({ folder, tailBytes: 0 })
    expect(again.endOffset).toBe(9)
  })

  it('is read whole when its snapshot is of another size or no JSON', async () => {
    const folder = killedLog()
    const first = opened.pop()!
    await first.flusher.close()
    await first.log.close()
    writeFileSync(join(folder, '00000000000000000000.snapshot'), '{')
    expect(open({ folder }).endOffset).toBe(6)
    truncateSync(lastFile(folder), statSync(lastFile(folder)).size / 3)
    expect(open({ folder }).endOffset).toBe(2)
  })

  it('ignores zeros that a crash of the machine left behind the last write', () => {
    const folder = killedLog()
    appendFileSync(lastFile(folder), Buffer.alloc(10_000))
    expect(open({ folder }).endOffset).toBe(6)
  })
})

it('the tails of all partitions share one bound, and the oldest batch goes first', async () => {
  const budget = new TailBudget(2000)
  const flusher = new Flusher(1000, () => {})
  const logs = ['a', 'b'].map(
    name => new PartitionLog({ folder: join(temporaryFolder(), name), segmentBytes: 1e6, budget, flusher, onWarning: () => {} })
  )
  for (let round = 0; round < 20; round++) for (const log of logs) log.append(three(), batchBytesMax)
  for (const log of logs) {
    opened.push({ log, flusher })
    expect(log.read(57, 1000)).not.toBeInstanceOf(Promise)
    expect(log.read(0, 1000)).toBeInstanceOf(Promise)
    expect((await offsetsFrom(log, 0))[0]).toEqual([0, 2])
  }
})

it('whoever waits is woken by the next append', () => {
  const log = open({})
  const woken: string[] = []
  const stop = log.onAppend(() => woken.push('woken'))
  log.append(three(), batchBytesMax)
  stop()
  log.append(three(), batchBytesMax)
  expect(woken).toEqual(['woken'])
})
