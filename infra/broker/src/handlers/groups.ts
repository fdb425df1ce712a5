// Which groups are there, in which state, and how is one forgotten?
import type { Group } from '../groups/group'
import type { Member } from '../groups/member'
import { errorCodes } from '../protocol'
import type { Handler } from './handler'

const groupType = 'classic'
/** DescribeGroups version from which an unknown group is an error instead of a dead group. */
const notFoundFrom = 6

function describeMember(member: Member, { protocolName, state }: Group) {
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
  groups: request.groups.map(groupId => {
    const group = groups.find(groupId)
    if (group && !(group.isEmpty && group.generation === 0)) {
      const { members, protocolName, protocolType, state } = group
      return {
        errorCode: errorCodes.NONE,
        groupId,
        groupState: state,
        protocolType,
        protocolData: state === 'Stable' ? (protocolName ?? '') : '',
        members: [...members.values()].map(member => describeMember(member, group))
      }
    }
    if (groups.offsets.topicsOf(groupId).size > 0) return { errorCode: errorCodes.NONE, groupId, groupState: 'Empty', members: [] }
    const isError = version >= notFoundFrom
    return {
      errorCode: isError ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.NONE,
      errorMessage: isError ? `Group ${groupId} not found.` : null,
      groupId,
      groupState: 'Dead',
      members: []
    }
  })
})

export const listGroups: Handler<'listGroups'> = ({ groups }, { statesFilter, typesFilter }) => {
  // filters are compared without regard to case, as Apache Kafka does
  const accepts = (filter: string[], value: string) =>
    filter.length === 0 || filter.some(each => each.toLowerCase() === value.toLowerCase())
  const listed = groups.groupIds().map(groupId => {
    const group = groups.find(groupId)
    return { groupId, protocolType: group?.protocolType ?? '', groupState: group?.state ?? 'Empty', groupType }
  })
  return {
    errorCode: errorCodes.NONE,
    groups: listed.filter(({ groupState }) => accepts(statesFilter, groupState) && accepts(typesFilter, groupType))
  }
}

export const deleteGroups: Handler<'deleteGroups'> = ({ groups }, { groupsNames }) => ({
  results: groupsNames.map(groupId => ({ groupId, errorCode: groups.delete(groupId) }))
})
