// How does work end when any of several signals says so, without leaving listeners on signals that live longer than it?

/** A signal that aborts with its parents or by itself. End it when the work is done: that also lets go of the parents. */
export class Scope {
  private readonly own = new AbortController()
  private readonly parents: readonly AbortSignal[]
  readonly signal = this.own.signal
  /** Aborts the signal. */
  readonly end = (): void => {
    for (const parent of this.parents) parent.removeEventListener('abort', this.end)
    this.own.abort()
  }

  constructor(...parents: AbortSignal[]) {
    this.parents = parents
    for (const parent of parents) parent.addEventListener('abort', this.end)
    if (parents.some(({ aborted }) => aborted)) this.end()
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
}

/** Resolves as `work` does, or with undefined as soon as the signal aborts; what `work` does then goes unnoticed. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined)
    signal.addEventListener('abort', give)
    if (signal.aborted) give()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}
