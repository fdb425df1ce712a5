// Does another living broker already use this data directory?
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerStartError } from './errors'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: alive, but another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, in clock ticks since boot, where the system tells: a pid alone may have been given again. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the command, in parentheses, may hold spaces; the start is the 22nd field of all
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
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
    const isMine = holder?.pid === process.pid && holder.start === startOf(process.pid)
    const isTaken = holder && isAlive(holder.pid) && (holder.start === '' || startOf(holder.pid) === holder.start)
    if (holder && isTaken && (!isMine || held.has(path))) throw inUse(dataDir, holder.pid)
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
