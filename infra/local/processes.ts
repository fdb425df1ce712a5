// Is the process that a file names still the one that wrote the file, and how is it ended?
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process id alone is reused by the system; with its start time it names one process for good. */
export interface ProcessIdentity {
  pid: number
  startedAt: string
}

const POLL_MS = 15

/**
 * When a process started, in a form that only compares for equality: clock ticks since boot from /proc (proc_pid_stat(5), field 22) together with
 * the boot id, else what `ps -o lstart=` prints.
 * @returns undefined when there is no such process, or only its zombie
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      // the second field may hold spaces and parentheses: count from the last one
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (fields[0] === 'Z' || fields[0] === 'X') return undefined
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}:${fields[19]}`
    } catch {
      return undefined
    }
  }
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return state === undefined || state.startsWith('Z') ? undefined : started.join(' ')
  } catch {
    return undefined
  }
}

/** @returns undefined when the process is gone already */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startTimeOf(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startedAt
}

/** The command line of a process, words joined by spaces; undefined when it cannot be read. */
export function commandLineOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

/** Processes whose current folder is the given one. Only Linux tells; elsewhere the list is empty. */
export function processesIn(folder: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return []
  const found: ProcessIdentity[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== folder) continue
    } catch {
      // ended meanwhile, or another user's
      continue
    }
    const identity = identityOf(pid)
    if (identity !== undefined) found.push(identity)
  }
  return found
}

/** @returns false when there was nothing to signal */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Waits until a process that need not be our child has ended. @returns whether it did within the time */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (isAlive(identity)) {
    if (performance.now() >= deadline) return false
    await delay(POLL_MS)
  }
  return true
}

/**
 * Ends a process by the given signals, each with its time in milliseconds, then by SIGKILL.
 * @param steps for example `[['SIGINT', 2000], ['SIGQUIT', 500]]`
 */
export async function endProcess(identity: ProcessIdentity, steps: [NodeJS.Signals, number][]): Promise<void> {
  for (const [signal, graceMs] of [...steps, ['SIGKILL', 5_000] as [NodeJS.Signals, number]]) {
    if (!isAlive(identity) || !sendSignal(identity.pid, signal)) return
    if (await waitForEnd(identity, graceMs)) return
  }
}
