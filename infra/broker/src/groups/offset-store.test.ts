// Do committed offsets outlive a broker that is killed, in a file that does not grow without end?
import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../test/folder'
import { processorMsOf } from '../../test/processor-time'
import { Flusher } from '../log/flusher'
import { OffsetStore } from './offset-store'

const flusher = new Flusher(1000, () => {})
afterEach(() => flusher.close())

const commit = (store: OffsetStore, offset: number, partition = 0) => store.commit([['g', 'orders', partition, offset, 0, 'm']])

it('the last commit counts, before and after the file is opened again', () => {
  const path = join(temporaryFolder(), 'offsets.jsonl')
  const store = new OffsetStore(path, flusher)
  commit(store, 1)
  commit(store, 5)
  commit(store, 9, 1)
  const again = new OffsetStore(path, flusher)
  for (const each of [store, again]) {
    expect(each.get('g', 'orders', 0)).toEqual({ offset: 5, leaderEpoch: 0, metadata: 'm' })
    expect([...each.topicsOf('g').get('orders')!.keys()]).toEqual([0, 1])
  }
})

it('a line that a stop cut is dropped, and the next commit stands alone', () => {
  const path = join(temporaryFolder(), 'offsets.jsonl')
  commit(new OffsetStore(path, flusher), 1)
  appendFileSync(path, '["g","orders",0,99')
  commit(new OffsetStore(path, flusher), 2)
  expect(new OffsetStore(path, flusher).get('g', 'orders', 0)!.offset).toBe(2)
  expect(readFileSync(path, 'utf8').split('\n').length).toBe(3)
})

it('a group or a topic that is deleted stays forgotten', () => {
  const path = join(temporaryFolder(), 'offsets.jsonl')
  const store = new OffsetStore(path, flusher)
  commit(store, 1)
  store.commit([
    ['h', 'orders', 0, 1, 0, null],
    ['h', 'other', 0, 1, 0, null]
  ])
  expect(store.deleteGroup('g')).toBe(true)
  expect(store.deleteGroup('g')).toBe(false)
  store.deleteTopic('orders')
  const again = new OffsetStore(path, flusher)
  expect([...again.groupIds()]).toEqual(['h'])
  expect([...again.topicsOf('h').keys()]).toEqual(['other'])
})

it('the file is rewritten when it is mostly history', () => {
  const path = join(temporaryFolder(), 'offsets.jsonl')
  const store = new OffsetStore(path, flusher)
  for (let offset = 0; offset < 60_000; offset++) commit(store, offset)
  expect(statSync(path).size).toBeLessThan(60_000 * 10)
  expect(new OffsetStore(path, flusher).get('g', 'orders', 0)!.offset).toBe(59_999)
})

it('a group is forgotten, and an offset kept, without a look at all others', async () => {
  const store = new OffsetStore(undefined, flusher)
  const ids = Array.from({ length: 20_000 }, (_, index) => `g${index}`)
  store.commit(ids.map(id => [id, 'orders', 0, 1, 0, null]))
  const cost = await processorMsOf(() => {
    for (const id of ids) store.deleteGroup(id)
  })
  expect(cost).toBeLessThan(2000)
  expect([...store.groupIds()]).toEqual([])
})
