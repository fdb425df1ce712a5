// How does a test make a broker fail, delay, hang up, or move a coordinator?
import type { Clock } from '../clock'
import type { ClassicGroup } from '../groups/classic-group'
import type { ConsumerGroup } from '../groups/consumer-group'
import type { Caller } from '../handlers/handler'
import { type ApiName, coordinatorKeyType, errorCodes } from '../protocol'
import { type Fault, RunningFault } from './fault'
import type { Meant, Message, Split } from './placement'
import { placements } from './placements'
import { checkDemand, type DropOptions, type FailOptions, FaultError, type FaultFilter } from './rules'

/** What faults ask of the broker that they are made in. */
export interface FaultSurroundings {
  clock: Clock
  topicNameOf: (topicId: string) => string | undefined
  groupOf: (groupId: string) => ClassicGroup | ConsumerGroup | undefined
}

/** Closes the connection that a request came on. */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped'
}

// A request meets the faults that concern it in this order, those of one kind in the order they were asked for:
//
// | fault           | what happens to the request                                                                       |
// |-----------------|---------------------------------------------------------------------------------------------------|
// | delay           | it waits by the broker's clock, and what the client sent behind it with it                        |
// | drop, before    | the connection is closed                                                                          |
// | moveCoordinator | NOT_COORDINATOR, unless its client has looked the coordinator up since                             |
// | fail            | the parts that are meant are refused; the others are acted on, and both stand in one answer       |
// | drop, after     | it has been acted on; the connection is closed instead of an answer                               |
type Kind = 'delay' | 'drop' | 'fail' | 'move'

interface Rule {
  kind: Kind
  /** The API it is for; every one for `move`. */
  api?: ApiName
  filter: FaultFilter
  fault: RunningFault
  ms?: number
  when?: 'before' | 'after'
  errorCode: number
  message?: string
  /** Client ids that have looked a moved coordinator up. */
  lookedUp?: Set<string>
}

type Act = (request: Message) => unknown

export class Faults {
  private rules: Rule[] = []
  private readonly splits = new Set<RunningFault>()

  constructor(private readonly surroundings: FaultSurroundings) {}

  /** Whether any request may meet a fault. */
  get isActive(): boolean {
    return this.rules.length > 0
  }

  /**
   * Answers the next requests of an API with an error, in every partition or element that is meant, else as a whole. What is refused is not
   * acted on. Throws FaultError for names and options that there are not.
   */
  fail(api: ApiName, options: FailOptions): Fault {
    checkDemand('fail', api, options)
    return this.add({ kind: 'fail', api, errorCode: errorCodes[options.error], message: options.message }, options)
  }

  /** Holds the next requests of an API back for `ms` milliseconds of the broker's clock. Throws FaultError as `fail` does. */
  delay(api: ApiName, ms: number, filter: FaultFilter = {}): Fault {
    checkDemand('delay', api, filter)
    if (!(ms >= 0)) throw new FaultError(`faults.delay('${api}'): ${ms} must be milliseconds from 0.`)
    return this.add({ kind: 'delay', api, ms }, filter)
  }

  /** Closes the connection of the next requests of an API, before they are acted on or after. Throws FaultError as `fail` does. */
  drop(api: ApiName, options: DropOptions = {}): Fault {
    checkDemand('drop', api, options)
    return this.add({ kind: 'drop', api, when: options.when ?? 'before' }, options)
  }

  /**
   * Answers NOT_COORDINATOR to whatever names a group, or a transactional id, until the client that asks has looked its coordinator up again;
   * clients are told apart by client id.
   */
  moveCoordinator(id: string, kind: 'group' | 'transaction' = 'group'): Fault {
    const filter = { times: Number.POSITIVE_INFINITY, ...(kind === 'group' ? { group: id } : { transactionalId: id }) }
    return this.add({ kind: 'move', errorCode: errorCodes.NOT_COORDINATOR, lookedUp: new Set() }, filter)
  }

  /**
   * Makes a group rebalance now, and ends the rebalance with the first member that joins, as though the others had been too late: they are
   * left out, join anew and make a second rebalance of it. Throws FaultError unless the group has two members of the classic protocol.
   */
  splitRebalance(groupId: string): Fault {
    const group = this.surroundings.groupOf(groupId)
    const call = `faults.splitRebalance('${groupId}')`
    if (group?.type === 'consumer')
      throw new FaultError(
        `${call}: the group speaks the new consumer protocol, in which nobody waits for a join. Let classic members join.`
      )
    const members = group?.members.size ?? 0
    if (!group || members < 2) throw new FaultError(`${call}: the group has ${members} members. Let two join before.`)
    const fault = new RunningFault(call, 1, () => {
      group.cancelSplit()
      this.splits.delete(fault)
    })
    this.splits.add(fault)
    group.splitRebalance(() => fault.meet())
    return fault
  }

  /** Ends all faults. */
  clear(): void {
    for (const { fault } of [...this.rules]) fault.restore()
    for (const fault of [...this.splits]) fault.restore()
  }

  private add(given: Omit<Rule, 'fault' | 'filter' | 'errorCode'> & { errorCode?: number }, filter: FaultFilter): Fault {
    const fault = new RunningFault(`faults.${given.kind}('${given.api ?? ''}')`, filter.times ?? 1, () => {
      this.rules = this.rules.filter(each => each !== rule)
    })
    const rule: Rule = { errorCode: errorCodes.UNKNOWN_SERVER_ERROR, ...given, filter, fault }
    this.rules.push(rule)
    return fault
  }

  /** Answers a request as its handler `act` does, but for the faults that it meets. Throws ConnectionDropped. */
  async answer(api: ApiName, request: Message, caller: Caller, act: Act): Promise<unknown> {
    for (const rule of this.concerning('delay', api, request, caller)) {
      // another request may have met the last of it while this one waited
      if (rule.fault.isOver) continue
      rule.fault.meet()
      await this.wait(rule.ms!, caller.signal)
    }
    this.hangUp('before', api, request, caller)
    const splits: Split[] = []
    let rest: Message | undefined = request
    for (const kind of ['move', 'fail'] as const) {
      for (const rule of this.concerning(kind, api, request, caller)) {
        const split: Split | undefined = rest && this.split(rule, api, rest, caller)
        if (!split) continue
        rule.fault.meet()
        splits.push(split)
        rest = split.rest
      }
    }
    // Kafka has no other way to tell a producer that wants no answer
    if (splits.length > 0 && request.acks === 0) throw new ConnectionDropped('a fault fails a produce request with acks 0')
    let answer = rest && ((await act(rest)) as Message | undefined)
    if (api === 'findCoordinator' && rest) this.noteLookUp(rest, caller)
    this.hangUp('after', api, request, caller)
    for (const split of splits.reverse()) answer = split.join(answer)
    return answer
  }

  private hangUp(when: 'before' | 'after', api: ApiName, request: Message, caller: Caller): void {
    const rule = this.concerning('drop', api, request, caller).find(each => each.when === when)
    if (!rule) return
    rule.fault.meet()
    throw new ConnectionDropped(`a fault drops ${api} ${when} it is acted on`)
  }

  private concerning(kind: Kind, api: ApiName, request: Message, caller: Caller): Rule[] {
    return this.rules.filter(rule => {
      const { clientId } = rule.filter
      if (rule.kind !== kind || (rule.api ?? api) !== api || (clientId ?? caller.clientId) !== caller.clientId) return false
      if (kind === 'move' && (api === 'findCoordinator' || rule.lookedUp!.has(caller.clientId))) return false
      return this.split(rule, api, request, caller) !== undefined
    })
  }

  private split({ errorCode, filter, kind, message }: Rule, api: ApiName, request: Message, caller: Caller): Split | undefined {
    const { coordinated, split } = placements[api]
    if (kind === 'move' && coordinated !== (filter.group === undefined ? 'transactionalId' : 'group')) return undefined
    const isNamed = (wanted: unknown) => (given: unknown) => wanted === undefined || wanted === given
    const meant: Meant = {
      topic: (name, id) => isNamed(filter.topic)(name || this.surroundings.topicNameOf(String(id))),
      partition: isNamed(filter.partition),
      group: isNamed(filter.group),
      transactionalId: isNamed(filter.transactionalId)
    }
    return split(request, { errorCode, errorMessage: message ?? null, version: caller.version }, meant)
  }

  private noteLookUp({ coordinatorKeys, key, keyType }: Message, { clientId }: Caller): void {
    const isGroup = keyType === coordinatorKeyType.group
    const keys = [key, ...(coordinatorKeys as string[])]
    for (const { filter, lookedUp } of this.rules) {
      if (lookedUp && keys.includes(isGroup ? filter.group : filter.transactionalId)) lookedUp.add(clientId)
    }
  }

  private wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        cancel()
        resolve()
      }
      const cancel = this.surroundings.clock.schedule(ms, done)
      signal.addEventListener('abort', done)
    })
  }
}
