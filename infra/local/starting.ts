// Which processes are being started right now, so that an interrupt need not wait for them?
import type { ChildProcess } from 'node:child_process'

const starting = new Set<ChildProcess>()

/** Counts as starting until it ends or `started` is called. */
export function trackStart(child: ChildProcess): { started(): void } {
  starting.add(child)
  child.once('exit', () => starting.delete(child))
  return { started: () => void starting.delete(child) }
}

/** Asks every starting process to end; whoever waits for it gets its failure. Fast shutdown to Postgres, an ordinary end to the others. */
export function interruptStarts(): void {
  for (const child of starting) child.kill('SIGINT')
}
