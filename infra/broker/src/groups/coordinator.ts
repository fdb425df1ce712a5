// Which groups does this broker coordinate?
import type { Clock } from '../clock'
import { defaultLimits, type Limits } from '../limits'
import { errorCodes } from '../protocol'
import { Group } from './group'
import { failedJoin, failedSync, type JoinRequest, type JoinResult, type SyncResult } from './member'
import type { OffsetEntry } from './offset-file'
import type { OffsetStore } from './offset-store'

/** All groups by id; a group without members lives on as long as it has offsets. */
export class GroupCoordinator {
  private readonly groups = new Map<string, Group>()

  constructor(
    readonly offsets: OffsetStore,
    private readonly clock: Clock,
    private readonly initialRebalanceDelayMs: number,
    private readonly limits: Pick<Limits, 'groupMembersMax'> = defaultLimits
  ) {}

  find(groupId: string): Group | undefined {
    return this.groups.get(groupId)
  }

  async join(groupId: string, request: JoinRequest): Promise<JoinResult> {
    if (groupId === '') return failedJoin(errorCodes.INVALID_GROUP_ID, request.memberId)
    let group = this.groups.get(groupId)
    if (!group) {
      if (request.memberId !== '') return failedJoin(errorCodes.UNKNOWN_MEMBER_ID, request.memberId)
      this.forgetEmptyGroups()
      group = new Group(groupId, this.clock, this.initialRebalanceDelayMs, this.limits.groupMembersMax)
      this.groups.set(groupId, group)
    }
    return group.join(request)
  }

  async sync(groupId: string, ...request: Parameters<Group['sync']>): Promise<SyncResult> {
    return this.groups.get(groupId)?.sync(...request) ?? failedSync(errorCodes.UNKNOWN_MEMBER_ID)
  }

  heartbeat(groupId: string, memberId: string, generationId: number): number {
    return this.groups.get(groupId)?.heartbeat(memberId, generationId) ?? errorCodes.UNKNOWN_MEMBER_ID
  }

  leave(groupId: string, memberId: string): number {
    return this.groups.get(groupId)?.leave(memberId) ?? errorCodes.UNKNOWN_MEMBER_ID
  }

  /** NONE, or why the offsets of this member may not be committed now. */
  commitError(groupId: string, memberId: string, generationId: number): number {
    if (groupId === '') return errorCodes.INVALID_GROUP_ID
    const group = this.groups.get(groupId)
    if (group) return group.commitError(memberId, generationId)
    return generationId < 0 ? errorCodes.NONE : errorCodes.ILLEGAL_GENERATION
  }

  commit(entries: OffsetEntry[]): void {
    this.offsets.commit(entries)
  }

  /** Ids of all groups, those included that have only offsets. */
  groupIds(): string[] {
    const living = [...this.groups.values()].filter(group => !group.isEmpty || group.generation > 0).map(group => group.id)
    return [...new Set([...living, ...this.offsets.groupIds()])]
  }

  /** Forgets a group and its offsets. */
  delete(groupId: string): number {
    const group = this.groups.get(groupId)
    if (group && !group.isEmpty) return errorCodes.NON_EMPTY_GROUP
    const hadOffsets = this.offsets.deleteGroup(groupId)
    group?.close()
    const wasKnown = this.groups.delete(groupId)
    return hadOffsets || wasKnown ? errorCodes.NONE : errorCodes.GROUP_ID_NOT_FOUND
  }

  // Done when a group is added, so that ids that come and go take no memory.
  private forgetEmptyGroups(): void {
    for (const [id, group] of this.groups) {
      if (!group.isEmpty) continue
      group.close()
      this.groups.delete(id)
    }
  }

  close(): void {
    for (const group of this.groups.values()) group.close()
    this.groups.clear()
  }
}
