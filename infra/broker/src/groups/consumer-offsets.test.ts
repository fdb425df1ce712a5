// Do offsets of a member count for as long as nobody else can have read its partitions?
import { metadataOf, setUp } from '../../test/mixed-groups'
import { errorName } from '../protocol'

const [none, stale, unknown, illegal] = ['NONE', 'STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']
const all = [0, 1, 2, 3]
const as = (memberId: string, generationId: number) => ({ memberId, generationId, groupInstanceId: null })

function start() {
  const given = setUp()
  const asked = (partitions: number[]) => [{ topicId: given.topics.find('t')!.id, partitions }]
  const commit = (memberId: string, epoch: number, partitions: number[], version = 9) =>
    errorName(given.groups.commitError('g', { ...as(memberId, epoch), version, partitions: asked(partitions) }))
  const commitInTransaction = (memberId: string, epoch: number, partitions: number[]) =>
    errorName(given.groups.commitError('g', { ...as(memberId, epoch), version: 5, isTransactional: true, partitions: asked(partitions) }))
  const fetch = (memberId: string | null, epoch: number) => errorName(given.groups.fetchError('g', memberId, epoch))
  return { ...given, commit, commitInTransaction, fetch }
}

/** Member `a`, which had all four partitions in epoch 2 and has two of them in epoch 3, and `b`, which has the others since 3. */
function pair() {
  const given = start()
  const { beat } = given
  beat('a', 0)
  beat('b', 0)
  const [, kept] = beat('a', 2) as [number, number[]]
  beat('a', 2, kept)
  const [, freed] = beat('b', 3) as [number, number[]]
  return { ...given, freed, kept }
}

it('they are fetched under the member’s epoch only, and by those outside the group', () => {
  const { fetch } = pair()
  expect([fetch('a', 3), fetch('a', 2), fetch('a', 4), fetch('x', 3), fetch(null, -1)]).toEqual([none, stale, stale, unknown, none])
})

it('they are committed under the member’s epoch, and from outside while the group is empty', () => {
  const { beat, commit, commitInTransaction, freed, kept } = pair()
  expect([commit('a', 3, kept), commit('a', 3, freed), commit('a', 4, kept)]).toEqual([none, none, stale])
  expect([commitInTransaction('a', 3, kept), commitInTransaction('a', 4, kept)]).toEqual([none, illegal])
  expect([commit('x', 3, kept), commit('', -1, kept)]).toEqual([unknown, unknown])
  beat('a', -1)
  beat('b', -1)
  expect(commit('', -1, all)).toBe(none)
})

it('they are committed under an older epoch for partitions that the member has had since then, and for no others', () => {
  const { commit, commitInTransaction, freed, kept } = pair()
  expect([commit('a', 2, kept), commit('a', 1, kept)]).toEqual([none, stale])
  expect([commit('a', 2, freed), commit('a', 2, all), commit('b', 2, freed)]).toEqual([stale, stale, stale])
  expect([commitInTransaction('a', 2, kept), commitInTransaction('a', 2, freed)]).toEqual([none, illegal])
})

it('those of a partition that came back are committed under the epoch in which it did', () => {
  const { beat, commit, freed, kept } = pair()
  beat('b', -1)
  expect(beat('a', 3)).toEqual([4, all])
  expect([commit('a', 3, freed), commit('a', 4, freed), commit('a', 2, kept)]).toEqual([stale, none, none])
})

it('they are committed under an older epoch until the member says that it gave the partition up', () => {
  const { beat, commit, kept } = pair()
  beat('c', 0)
  const [, left] = beat('a', 3) as [number, number[]]
  const given = kept.filter(partition => !left.includes(partition))
  expect([left.length, given.length]).toEqual([1, 1])
  expect(commit('a', 2, given)).toBe(none)
  beat('a', 3, left)
  expect([commit('a', 2, given), commit('a', 2, left)]).toEqual([stale, none])
})

it('those of a member that joined anew are committed under its new epoch', () => {
  const { beat, commit } = start()
  beat('a', 0)
  beat('b', 0)
  expect(beat('a', 0)).toEqual([3, expect.anything()])
  expect([commit('a', 2, []), commit('a', 2, [0]), commit('a', 2, [2])]).toEqual([none, stale, stale])
})

it('those of a static member that came back are committed under any older epoch', () => {
  const { beat, commit } = start()
  const asI = { instanceId: 'i' }
  beat('a', 0, null, asI)
  expect(commit('a', 1, [0])).toBe(stale)
  beat('a', -2, null, asI)
  beat('b', 0, null, asI)
  expect(commit('b', 1, all)).toBe(none)
})

it('a version that knows no epochs commits nothing for a member', () => {
  const { commit } = pair()
  expect([commit('a', 3, [0], 8), commit('x', 3, [0], 8)]).toEqual(['UNSUPPORTED_VERSION', unknown])
  expect(start().commit('', -1, [0], 8)).toBe(none)
})

it('a classic member commits under its generation, or an older one for what it has had since, whatever the version', async () => {
  const { beat, classic, commit, commitInTransaction, fetch, join } = start()
  const { generationId: before, memberId } = await classic()
  beat('m', 0)
  const { generationId } = await join({ memberId, protocols: [{ name: 'coop', metadata: metadataOf([0, 1]) }] })
  expect(generationId).toBe(before + 1)
  expect([commit(memberId, generationId, [0], 2), commit(memberId, generationId, [3])]).toEqual([none, none])
  expect([commit(memberId, before, [0], 2), commit(memberId, before, [0, 1])]).toEqual([none, none])
  expect([commit(memberId, before, [3], 2), commit(memberId, before - 1, [0]), commit(memberId, generationId + 1, [0])]).toEqual(
    Array(3).fill(illegal)
  )
  expect([commitInTransaction(memberId, before, [0]), commitInTransaction(memberId, before, [3])]).toEqual([none, illegal])
  expect([fetch(memberId, generationId), fetch(memberId, before)]).toEqual([none, illegal])
})
