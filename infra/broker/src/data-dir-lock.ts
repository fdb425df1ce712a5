// Does another living broker already use this data directory?
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerStartError } from './errors'

/** State and start (in clock ticks since boot) of a process, where the system tells. */
function statOf(pid: number): { state: string; start: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the command, in parentheses, may hold spaces; the state is the 3rd field of all, the start the 22nd
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

function startOf(pid: number): string {
  return statOf(pid)?.start ?? ''
}

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: alive, but another user's
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const stat = statOf(pid)
  if (!stat) return true
  // a zombie is dead, only not yet missed by its parent; and a pid alone may have been given again
  return stat.state !== 'Z' && stat.state !== 'X' && (start === '' || stat.start === start)
}

interface Holder {
  pid: number
  start: string
}

function holderOf(path: string): Holder | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(path, 'utf8'))
    return { pid, start }
  } catch {
    return undefined
  }
}

const held = new Set<string>()

/**
 * Takes the lock `broker.lock` of a data directory, which it creates; a lock whose process is gone is taken over.
 * @returns the function that gives it back
 * @throws BrokerStartError when a living process holds it
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(join(dataDir, 'logs'), { recursive: true })
  const path = join(dataDir, 'broker.lock')
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }))
  try {
    const holder = holderOf(path)
    const isMine = holder?.pid === process.pid
    if (holder && isAlive(holder) && (!isMine || held.has(path))) throw inUse(dataDir, holder.pid)
    if (holder) renameSync(mine, path)
    else claim(mine, path, dataDir)
  } finally {
    rmSync(mine, { force: true })
  }
  held.add(path)
  return () => {
    held.delete(path)
    rmSync(path, { force: true })
  }
}

function claim(mine: string, path: string, dataDir: string): void {
  try {
    // a hard link exists whole or not at all, and only for the first of two who try at once
    linkSync(mine, path)
  } catch (error) {
    const holder = holderOf(path)
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && holder) throw inUse(dataDir, holder.pid)
    renameSync(mine, path)
  }
}

function inUse(dataDir: string, pid: number): BrokerStartError {
  return new BrokerStartError(
    'DATA_DIR_IN_USE',
    `The data directory ${dataDir} is in use by process ${pid}. Stop that broker, or choose another directory with --data-dir (dataDir).`
  )
}
