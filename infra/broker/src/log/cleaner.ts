// When is one log compacted, and up to where has it been?
import { type CompactionInput, compact, compactable, type Replacement } from './compaction'

/** The log as it is when compaction is asked for, and what it does with the outcome. */
export interface Cleaning extends Omit<CompactionInput, 'compactedTo'> {
  /** Settled once the snapshots of all closed segments are written. */
  snapshots: Promise<void>
  replace(replacement: Replacement): boolean
  /** Keeps up to where every key occurs once. */
  done(compactedTo: number): void
}

export class Cleaner {
  /** Epoch milliseconds from which on a tombstone may go. */
  private tombstonesDueAt = Number.POSITIVE_INFINITY
  running: Promise<void> | undefined

  constructor(
    public compactedTo: number,
    private readonly onProblem: (problem: unknown) => void
  ) {}

  /** Compacts what is worth it; undefined when nothing is. One at a time: a second call waits for the first. */
  run(cleaning: Cleaning): Promise<void> | undefined {
    if (this.running) return this.running
    const { now, segments, signal } = cleaning
    const input: CompactionInput = { ...cleaning, compactedTo: this.compactedTo }
    const chosen = now >= this.tombstonesDueAt ? segments : compactable(input)
    if (chosen.length === 0) return undefined
    this.running = this.compact(cleaning, input, chosen)
      .catch(problem => {
        if (!signal.aborted) this.onProblem(problem)
      })
      .finally(() => {
        this.running = undefined
      })
    return this.running
  }

  private async compact(cleaning: Cleaning, input: CompactionInput, chosen: CompactionInput['segments']): Promise<void> {
    await cleaning.snapshots
    const outcome = await compact(input, chosen, replacement => cleaning.replace(replacement))
    this.tombstonesDueAt = outcome.nextHorizon
    if (outcome.compactedTo <= this.compactedTo) return
    this.compactedTo = outcome.compactedTo
    cleaning.done(this.compactedTo)
  }
}
