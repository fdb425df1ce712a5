// When do appended bytes reach the disk itself? Within `flushMs` of the append, or before it is answered when that is zero.
//
// Policy `interval` (the default): an append is answered once write(2) has handed it to the operating system, which survives the death of
// this process, also by kill -9; a file is synchronised at most `flushMs` later, which bounds what a power cut can take.
// Policy `always` (flushMs 0): every append is synchronised before it is answered.

export interface Flushable {
  flush(): Promise<void>
  flushSync(): void
}

export class Flusher {
  private readonly dirty = new Set<Flushable>()
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(
    readonly flushMs: number,
    private readonly onError: (error: unknown) => void
  ) {}

  /** To be called after every append, before it is answered. */
  appended(file: Flushable): void {
    if (this.flushMs === 0) {
      file.flushSync()
      return
    }
    this.dirty.add(file)
    this.timer ??= setTimeout(() => {
      this.running = this.flushAll()
    }, this.flushMs)
  }

  private async flushAll(): Promise<void> {
    const files = [...this.dirty]
    this.dirty.clear()
    this.timer = undefined
    for (const file of files) {
      try {
        await file.flush()
      } catch (error) {
        this.onError(error)
      }
    }
  }

  /** Flushes what is dirty, and waits for a flush under way. */
  async close(): Promise<void> {
    clearTimeout(this.timer)
    await this.running
    await this.flushAll()
  }
}
