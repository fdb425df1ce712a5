// Do members of both protocols come to what they should have in one group, without two ever reading the same partition?
import { metadataOf, protocolsOf, rebalanceTimeoutMs, sessionTimeoutMs, setUp } from '../../test/mixed-groups'
import { errorName } from '../protocol'
import type { JoinRequest, JoinResult } from './member'

describe('a classic member of a consumer group', () => {
  it('is let in by whatever id it has, after it was told one', async () => {
    const { beat, join, sync } = setUp()
    beat('m', 0)
    const told = await join({ requiresMemberId: true })
    expect(errorName(told.errorCode)).toBe('MEMBER_ID_REQUIRED')
    const member = await join({ memberId: told.memberId, requiresMemberId: true })
    expect(member).toMatchObject({ errorCode: 0, memberId: told.memberId, generationId: 3 })
    expect(await sync(member)).toEqual([])
    expect(await join({ memberId: 'its-own' })).toMatchObject({ errorCode: 0, memberId: 'its-own' })
  })

  it('gets what others have given up when it joins again', async () => {
    const { beat, hear, join, sync } = setUp()
    beat('m', 0)
    const member = await join()
    expect([await sync(member), hear(member)]).toEqual([[], 'NONE'])
    const kept = (beat('m', 2) as [number, number[]])[1]
    expect(hear(member)).toBe('NONE')
    beat('m', 2, kept)
    expect(hear(member)).toBe('REBALANCE_IN_PROGRESS')
    const again = await join({ memberId: member.memberId })
    expect([...((await sync(again)) as number[]), ...kept].sort()).toEqual([0, 1, 2, 3])
    expect(hear(again)).toBe('NONE')
  })

  it('whose client knows nothing of owning partitions is taken for eager', async () => {
    const { beat, classic, join, sync } = setUp()
    const { memberId } = await classic()
    beat('m', 0)
    expect(await sync(await join({ memberId, protocols: [{ name: 'coop', metadata: metadataOf([], 0) }] }))).toEqual([0, 1])
    expect(beat('m', 2)).toEqual([2, [2, 3]])
  })

  it.each<[string, string, Partial<JoinRequest>]>([
    ['another protocol type', 'INCONSISTENT_GROUP_PROTOCOL', { protocolType: 'connect' }],
    ['no protocol', 'INCONSISTENT_GROUP_PROTOCOL', { protocols: [] }],
    ['protocols that others do not have', 'INCONSISTENT_GROUP_PROTOCOL', { protocols: [{ name: 'range', metadata: metadataOf([]) }] }],
    ['metadata that cannot be read', 'INCONSISTENT_GROUP_PROTOCOL', { protocols: [{ name: 'coop', metadata: Buffer.from('x') }] }],
    ['no session', 'INVALID_SESSION_TIMEOUT', { sessionTimeoutMs: 0 }],
    ['the id of no static member', 'UNKNOWN_MEMBER_ID', { memberId: 'x', groupInstanceId: 'i' }]
  ])('that joins with %s is refused with %s', async (_, expected, more) => {
    const { groups, join, mixed } = setUp()
    await mixed()
    expect(errorName((await join(more)).errorCode)).toBe(expected)
    expect(groups.find('g')!.isEmpty).toBe(false)
  })

  it('is refused by a full group', async () => {
    const { beat, join } = setUp(1)
    beat('m', 0)
    expect(errorName((await join()).errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
  })

  it('is known by its id and generation only', async () => {
    const { claimOf, groups, hear, mixed, sync } = setUp()
    const member = await mixed()
    const claims = [{ generationId: 7 }, { memberId: 'x' }, { memberId: 'm' }].map(more => ({ ...member, ...more }))
    const expected = ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID']
    expect(claims.map(each => hear(each))).toEqual(expected)
    expect(await Promise.all(claims.map(each => sync(each)))).toEqual(expected)
    expect(hear(member, 'i')).toBe('UNKNOWN_MEMBER_ID')
    const named = { ...claimOf(member), protocolType: 'consumer', protocolName: 'range', assignments: [] }
    expect(errorName((await groups.sync('g', named)).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    const unnamed = { ...named, protocolType: null, protocolName: null }
    expect(await groups.sync('g', unnamed)).toMatchObject({ errorCode: 0, protocolType: null, protocolName: null })
  })

  it('does not keep those outside the group from committing in a transaction', async () => {
    const { groups, mixed } = setUp()
    await mixed()
    const outsider = { memberId: '', groupInstanceId: null, generationId: -1, version: 3, partitions: [] }
    const errors = [groups.commitError('g', outsider), groups.commitError('g', { ...outsider, isTransactional: true })]
    expect(errors.map(errorName)).toEqual(['UNKNOWN_MEMBER_ID', 'NONE'])
  })

  it('is gone when its own session ends, to the millisecond', async () => {
    const { beat, clock, hear, mixed } = setUp()
    const member = await mixed()
    clock.advance(sessionTimeoutMs - 1)
    expect(hear(member)).toBe('NONE')
    clock.advance(sessionTimeoutMs)
    expect(hear(member)).toBe('UNKNOWN_MEMBER_ID')
    expect(beat('m', 2)).toEqual([3, [0, 1, 2, 3]])
  })

  it.each(['joins', 'syncs'])('that is told to join again and never %s is gone after its rebalance time-out', async what => {
    const { beat, classic, clock, hear, join } = setUp()
    let member = await classic()
    beat('m', 0)
    if (what === 'syncs') member = await join({ memberId: member.memberId })
    for (let waited = 0; waited < rebalanceTimeoutMs; waited += 5000) {
      expect(hear(member)).toBe(what === 'syncs' ? 'NONE' : 'REBALANCE_IN_PROGRESS')
      beat('m', 2)
      clock.advance(5000)
    }
    expect(hear(member)).toBe('UNKNOWN_MEMBER_ID')
    expect(beat('m', 2)).toEqual([3, [0, 1, 2, 3]])
  })

  it('that leaves frees its partitions', async () => {
    const { beat, groups, mixed } = setUp()
    const { memberId } = await mixed()
    expect([groups.leave('g', memberId, null), groups.leave('g', memberId, null)].map(errorName)).toEqual(['NONE', 'UNKNOWN_MEMBER_ID'])
    expect(beat('m', 2)).toEqual([3, [0, 1, 2, 3]])
  })
})

it.each([1, 2, 3])(
  'however members of both protocols come, go and lag, no partition has two readers, and all are read in the end (%i)',
  async seed => {
    const { beat, groups, hear, join, sync } = setUp()
    let state = seed
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) % 2147483648
      return Math.floor(state / 65536) % below
    }
    /** What each member reads, or was told to give up and has not yet. */
    const reading = new Map<string, number[]>()
    const check = () => {
      const all = [...reading.values()].flat()
      expect(new Set(all).size).toBe(all.length)
    }
    const epochs = new Map<string, number>()
    const consumerStep = (id: string) => {
      const owned = reading.get(id)
      const answer = owned ? beat(id, epochs.get(id)!, owned) : beat(id, 0)
      const [epoch, partitions = owned!] = answer as [number, number[]]
      epochs.set(id, epoch)
      // told to give up some, it still reads them when its next heartbeat is due
      reading.set(id, [...new Set([...(owned ?? []), ...partitions])])
      check()
      reading.set(id, partitions)
    }
    const joined = new Map<string, JoinResult>()
    const classicStep = async (id: string, isEager: boolean) => {
      const last = joined.get(id)
      if (last && hear(last) === 'NONE') return
      const owned = isEager ? [] : (reading.get(id) ?? [])
      reading.set(id, owned)
      const member = await join({ memberId: id, ...protocolsOf(...owned) })
      joined.set(id, member)
      const partitions = (await sync(member)) as number[]
      reading.set(id, [...new Set([...owned, ...partitions])])
      check()
      reading.set(id, partitions)
    }
    const step = (id: string) => (id.startsWith('new') ? consumerStep(id) : classicStep(id, id.startsWith('eager')))
    const ids = ['new0', 'new1', 'new2', 'eager0', 'eager1', 'cooperative0', 'cooperative1']
    consumerStep('new0')
    for (let round = 0; round < 500; round++) {
      const id = ids[random(ids.length)]!
      if (random(6) === 0 && id !== 'new0' && reading.has(id)) {
        if (id.startsWith('new')) beat(id, -1)
        else groups.leave('g', id, null)
        for (const each of [reading, joined, epochs]) each.delete(id)
      } else {
        await step(id)
      }
    }
    for (let round = 0; round < 6; round++) for (const id of ids) await step(id)
    expect([...reading.values()].flat().sort()).toEqual([0, 1, 2, 3])
    expect(groups.find('g')!.state).toBe('Stable')
  }
)
