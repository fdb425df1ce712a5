// Which members of a group did a killed process of this machine leave behind? They are removed, so that a restart need not wait for
// the end of their sessions before it gets their partitions.
import { hostname } from 'node:os'
import type { Cluster } from './cluster'

/** Removes members of processes on this host that are no more. Members of other hosts, and of other clients, are left alone. */
export async function removeDeadMembers(cluster: Cluster, group: string): Promise<void> {
  const coordinator = await cluster.coordinator(group, 'control')
  const { groups } = await coordinator.request('describeGroups', { groups: [group] })
  const dead = (groups[0]?.members ?? []).filter(({ clientId }) => isDead(clientId)).map(({ memberId }) => ({ memberId }))
  for (const { memberId } of dead) await coordinator.request('leaveGroup', { groupId: group, memberId, members: [{ memberId }] })
}

function isDead(clientId: string): boolean {
  const prefix = `kafka-event-source-${hostname()}-`
  if (!clientId.startsWith(prefix)) return false
  const pid = Number(clientId.slice(prefix.length))
  return Number.isInteger(pid) && pid > 0 && !isRunning(pid)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
