// Which groups are there, in which state, and how is one forgotten?
import type { Assignment } from '../groups/assignors'
import type { ClassicGroup } from '../groups/classic-group'
import type { ConsumerGroup } from '../groups/consumer-group'
import { type ConsumerMember, toTopicPartitions, union } from '../groups/consumer-member'
import type { Member } from '../groups/member'
import { errorCodes } from '../protocol'
import type { Topics } from '../topics/topics'
import { groupOperations } from './authorized-operations'
import { distinct, type Handler } from './handler'

/** DescribeGroups version from which an unknown group is an error instead of a dead group. */
const notFoundFrom = 6

function describeMember(member: Member, { protocolName, state }: ClassicGroup) {
  const { assignment, clientHost, clientId, id, instanceId, protocols } = member
  const metadata = state === 'Stable' ? protocols.find(({ name }) => name === protocolName)?.metadata : undefined
  return {
    memberId: id,
    groupInstanceId: instanceId,
    clientId,
    // as Java prints an address
    clientHost: `/${clientHost}`,
    memberMetadata: metadata ?? Buffer.alloc(0),
    memberAssignment: assignment
  }
}

export const describeGroups: Handler<'describeGroups'> = ({ groups }, request, { version }) => ({
  groups: distinct(request.groups).map(groupId => {
    const group = groups.find(groupId)
    const allowed = request.includeAuthorizedOperations ? { authorizedOperations: groupOperations } : {}
    if (group?.type === 'classic' && !(group.isEmpty && group.generation === 0)) {
      const { members, protocolName, protocolType, state } = group
      return {
        errorCode: errorCodes.NONE,
        groupId,
        groupState: state,
        protocolType,
        protocolData: state === 'Stable' ? (protocolName ?? '') : '',
        members: members.all().map(member => describeMember(member, group)),
        ...allowed
      }
    }
    const isConsumer = group?.type === 'consumer'
    if (!isConsumer && groups.offsets.topicsOf(groupId).size > 0)
      return { errorCode: errorCodes.NONE, groupId, groupState: 'Empty', members: [], ...allowed }
    const isError = version >= notFoundFrom
    return {
      errorCode: isError ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.NONE,
      errorMessage: isError ? `Group ${groupId} ${isConsumer ? 'is not a classic group' : 'not found'}.` : null,
      groupId,
      groupState: 'Dead',
      members: [],
      ...(!isError && allowed)
    }
  })
})

export const listGroups: Handler<'listGroups'> = ({ groups }, { statesFilter, typesFilter }) => {
  // filters are compared without regard to case, as Apache Kafka does
  const states = new Set(statesFilter.map(each => each.toLowerCase()))
  const types = new Set(typesFilter.map(each => each.toLowerCase()))
  const accepts = (filter: ReadonlySet<string>, value: string) => filter.size === 0 || filter.has(value.toLowerCase())
  const listed = groups.groupIds().map(groupId => {
    const group = groups.find(groupId)
    return { groupId, protocolType: group?.protocolType ?? '', groupState: group?.state ?? 'Empty', groupType: group?.type ?? 'classic' }
  })
  return {
    errorCode: errorCodes.NONE,
    groups: listed.filter(({ groupState, groupType }) => accepts(states, groupState) && accepts(types, groupType))
  }
}

export const deleteGroups: Handler<'deleteGroups'> = ({ groups }, { groupsNames }) => ({
  results: groupsNames.map(groupId => ({ groupId, errorCode: groups.delete(groupId) }))
})

/** Values of `memberType`: which protocol a member speaks. */
const memberTypes = { classic: 0, consumer: 1 }

function describeAssignment(assignment: Assignment, topics: Topics) {
  // a topic that was deleted has no name to be told by
  const known = toTopicPartitions(assignment).flatMap(each => {
    const topicName = topics.findById(each.topicId)?.name
    return topicName === undefined ? [] : [{ ...each, topicName }]
  })
  return { topicPartitions: known }
}

function describeConsumer(member: ConsumerMember, group: ConsumerGroup, topics: Topics) {
  const { assigned, clientHost, clientId, epoch, id, instanceId, pendingRevocation, rackId, subscribedTopicNames, subscribedTopicRegex } =
    member
  return {
    memberId: id,
    instanceId,
    rackId,
    memberEpoch: epoch,
    clientId,
    clientHost: `/${clientHost}`,
    subscribedTopicNames,
    subscribedTopicRegex,
    // what it was told to give up it has until it says that it did
    assignment: describeAssignment(union(assigned, pendingRevocation), topics),
    targetAssignment: describeAssignment(group.targetOf(member), topics),
    memberType: member.classic ? memberTypes.classic : memberTypes.consumer
  }
}

export const consumerGroupDescribe: Handler<'consumerGroupDescribe'> = ({ groups, topics }, { groupIds, includeAuthorizedOperations }) => ({
  groups: distinct(groupIds).map(groupId => {
    const group = groups.find(groupId)
    if (groupId === '') return { errorCode: errorCodes.INVALID_GROUP_ID, groupId, members: [] }
    if (group?.type !== 'consumer') {
      const errorMessage = groups.has(groupId) ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
      return { errorCode: errorCodes.GROUP_ID_NOT_FOUND, errorMessage, groupId, members: [] }
    }
    return {
      errorCode: errorCodes.NONE,
      groupId,
      groupState: group.state,
      groupEpoch: group.epoch,
      assignmentEpoch: group.assignmentEpoch,
      assignorName: group.assignorName,
      members: group.members.all().map(member => describeConsumer(member, group, topics)),
      ...(includeAuthorizedOperations && { authorizedOperations: groupOperations })
    }
  })
})
