// Who is in a group of the classic protocol, under which member id and which instance id?
import { errorCodes } from '../protocol'
import { failedJoin, failedSync, type Member } from './member'

/** Members by id. A static member (KIP-345) is also known by its instance id, and keeps its place when it comes back under another id. */
export class Members {
  private readonly byId = new Map<string, Member>()
  private readonly idByInstance = new Map<string, string>()

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

  /** Why nobody by this member id and instance id may speak: unknown, or replaced by another process with the same instance id. */
  refusal(id: string, instanceId: string | null): number | undefined {
    if (instanceId !== null) {
      const current = this.idByInstance.get(instanceId)
      if (current === undefined) return errorCodes.UNKNOWN_MEMBER_ID
      if (current !== id) return errorCodes.FENCED_INSTANCE_ID
    }
    return this.byId.has(id) ? undefined : errorCodes.UNKNOWN_MEMBER_ID
  }

  add(member: Member): void {
    this.byId.set(member.id, member)
    if (member.instanceId !== null) this.idByInstance.set(member.instanceId, member.id)
  }

  /** Forgets a member; if it waits, it is told `errorCode`. */
  remove(member: Member, errorCode: number = errorCodes.UNKNOWN_MEMBER_ID): void {
    this.byId.delete(member.id)
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
