// Who is in a group of the classic protocol, under which member id and which instance id?
import { errorCodes } from '../protocol'
import { failedJoin, failedSync, isAlive, type JoinRequest, type Member } from './member'

/** Members by id. A static member (KIP-345) is also known by its instance id, and keeps its place when it comes back under another id. */
export class Members {
  private readonly byId = new Map<string, Member>()
  private readonly idByInstance = new Map<string, string>()
  /** How many members support each protocol, by its name: a member may name very many. */
  private readonly supporters = new Map<string, number>()

  get size(): number {
    return this.byId.size
  }

  get(id: string): Member | undefined {
    return this.byId.get(id)
  }

  all(): Member[] {
    return [...this.byId.values()]
  }

  /** The static member of that instance id. */
  ofInstance(instanceId: string | null): Member | undefined {
    const id = instanceId === null ? undefined : this.idByInstance.get(instanceId)
    return id === undefined ? undefined : this.byId.get(id)
  }

  /** When the first session ends, unless its member is heard of. */
  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY
    for (const member of this.byId.values()) if (!isAlive(member)) next = Math.min(next, member.deadline)
    return next
  }

  /** Those whose session has ended. */
  silentSince(now: number): Member[] {
    return this.all().filter(member => !isAlive(member) && member.deadline <= now)
  }

  /** Why nobody by this member id and instance id may speak: unknown, or replaced by another process with the same instance id. */
  refusal(id: string, instanceId: string | null): number | undefined {
    if (instanceId !== null) {
      const current = this.idByInstance.get(instanceId)
      if (current === undefined) return errorCodes.UNKNOWN_MEMBER_ID
      if (current !== id) return errorCodes.FENCED_INSTANCE_ID
    }
    return this.byId.has(id) ? undefined : errorCodes.UNKNOWN_MEMBER_ID
  }

  private countProtocols({ protocols }: Member, change: 1 | -1): void {
    for (const name of new Set(protocols.map(each => each.name))) {
      const count = (this.supporters.get(name) ?? 0) + change
      if (count > 0) this.supporters.set(name, count)
      else this.supporters.delete(name)
    }
  }

  /** Whether all members support the protocol. */
  allSupport(name: string): boolean {
    return this.byId.size === (this.supporters.get(name) ?? 0)
  }

  /** The protocol most members prefer among those that all support; undefined when there is none. */
  electProtocol(): string | undefined {
    const votes = new Map<string, number>()
    for (const { protocols } of this.byId.values()) {
      const choice = protocols.find(({ name }) => this.allSupport(name))
      if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
    }
    return [...votes].sort((left, right) => right[1] - left[1])[0]?.[0]
  }

  /** Takes over what a member says of itself when it joins again. */
  update(member: Member, { clientHost, clientId, protocols, rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): void {
    this.countProtocols(member, -1)
    Object.assign(member, { clientHost, clientId, protocols, rebalanceTimeoutMs, sessionTimeoutMs })
    this.countProtocols(member, 1)
  }

  add(member: Member): void {
    this.byId.set(member.id, member)
    this.countProtocols(member, 1)
    if (member.instanceId !== null) this.idByInstance.set(member.instanceId, member.id)
  }

  /** Forgets a member; if it waits, it is told `errorCode`. */
  remove(member: Member, errorCode: number = errorCodes.UNKNOWN_MEMBER_ID): void {
    if (!this.byId.delete(member.id)) return
    this.countProtocols(member, -1)
    if (member.instanceId !== null) this.idByInstance.delete(member.instanceId)
    const { joining, syncing } = member
    member.joining = undefined
    member.syncing = undefined
    joining?.(failedJoin(errorCode, member.id))
    syncing?.(failedSync(errorCode))
  }

  /** Gives a static member's place to a new member id; whoever waits under the old one is fenced. */
  rename(member: Member, id: string): void {
    this.remove(member, errorCodes.FENCED_INSTANCE_ID)
    member.id = id
    this.add(member)
  }
}
