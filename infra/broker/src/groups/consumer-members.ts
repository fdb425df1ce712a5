// Who is in a group of the new consumer protocol, and which partitions has somebody there?
import { KafkaError } from '../protocol'
import { type ConsumerMember, keyOf, keysOf } from './consumer-member'
import type { MemberClaim } from './member'

/** Members by id; a static one is also known by its instance id. */
export class ConsumerMembers {
  private readonly byId = new Map<string, ConsumerMember>()
  private readonly byInstance = new Map<string, ConsumerMember>()

  constructor(private readonly groupId: string) {}

  get size(): number {
    return this.byId.size
  }

  get(id: string): ConsumerMember | undefined {
    return this.byId.get(id)
  }

  ofInstance(instanceId: string): ConsumerMember | undefined {
    return this.byInstance.get(instanceId)
  }

  all(): ConsumerMember[] {
    return [...this.byId.values()]
  }

  /** The member that a request names. Throws KafkaError UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when its instance id is another member's. */
  claimed({ groupInstanceId, memberId }: Pick<MemberClaim, 'groupInstanceId' | 'memberId'>): ConsumerMember {
    const member = groupInstanceId === null ? this.get(memberId) : this.ofInstance(groupInstanceId)
    if (!member) {
      const what =
        groupInstanceId === null
          ? `Member ${memberId} is not a member of group ${this.groupId}.`
          : `Instance id ${groupInstanceId} is unknown.`
      throw new KafkaError('UNKNOWN_MEMBER_ID', what)
    }
    if (member.id === memberId) return member
    const message = `Static member ${memberId} with instance id ${groupInstanceId} was fenced by member ${member.id}.`
    throw new KafkaError('FENCED_INSTANCE_ID', message)
  }

  add(member: ConsumerMember): void {
    this.byId.set(member.id, member)
    if (member.instanceId !== null) this.byInstance.set(member.instanceId, member)
  }

  remove({ id, instanceId }: ConsumerMember): void {
    this.byId.delete(id)
    if (instanceId !== null) this.byInstance.delete(instanceId)
  }

  clear(): void {
    this.byId.clear()
    this.byInstance.clear()
  }

  /** Whether members other than this one have a partition, or have not given it up. */
  holdersBeside(member: ConsumerMember): (topicId: string, partition: number) => boolean {
    const held = new Set<string>()
    for (const other of this.byId.values()) {
      if (other === member) continue
      for (const key of [...keysOf(other.assigned), ...keysOf(other.pendingRevocation)]) held.add(key)
    }
    return (topicId, partition) => held.has(keyOf(topicId, partition))
  }
}
