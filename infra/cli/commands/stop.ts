// How does what `start` left running end?
import { shutdownSteps } from '../../local/postgres-cluster'
import { endProcess, isAlive } from '../../local/processes'
import { liveState, readState, updateState } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'

/** The supervisor stops its services in order; killed only when it does not. */
const SUPERVISOR_STOP_MS = 8_000

/** Ends the supervisor, or what a killed one left. @returns whether anything ran */
export async function stopEverything({ place }: Context): Promise<boolean> {
  const live = liveState(place)
  if (live) await endProcess(live.supervisor, [['SIGTERM', SUPERVISOR_STOP_MS]])
  const left = (readState(place).services ?? []).filter(({ process: found }) => found !== undefined && isAlive(found))
  await Promise.all(left.map(({ name, process: found }) => endProcess(found!, name === 'postgres' ? shutdownSteps : [['SIGTERM', 1_500]])))
  if (left.length > 0) updateState(place, { supervisor: undefined, services: [] })
  return live !== undefined || left.length > 0
}

export async function stop(context: Context): Promise<number> {
  const startedAt = performance.now()
  const stopped = await stopEverything(context)
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(2))
  if (context.json) printJson({ stopped, seconds })
  else process.stdout.write(stopped ? `Stopped in ${seconds} s. The data stays in ${context.place.state}.\n` : 'Nothing runs.\n')
  return exitCodes.ok
}
