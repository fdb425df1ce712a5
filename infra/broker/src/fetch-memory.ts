// How many bytes may wait in memory for the consumers that asked for them?

/** What all answers to fetches may hold together: while they are read, and until their clients have taken them. */
export class FetchMemory {
  /** Bytes that the shares hold now. */
  heldBytes = 0

  constructor(readonly bytesMax: number) {}

  /** The share of one answer, empty at first. */
  share(): FetchShare {
    return new FetchShare(this)
  }
}

export class FetchShare {
  private held = 0
  /** Whether less was granted than asked for. */
  isCut = false

  constructor(private readonly memory: FetchMemory) {}

  private hold(bytes: number): void {
    this.held += bytes
    this.memory.heldBytes += bytes
  }

  /** Holds up to `bytes` of what is left, and returns how many. */
  claim(bytes: number): number {
    const granted = Math.max(0, Math.min(bytes, this.memory.bytesMax - this.memory.heldBytes))
    if (granted < bytes) this.isCut = true
    this.hold(granted)
    return granted
  }

  /** Holds `bytes`, which may be more, instead of what was `granted`: one batch goes out to everybody, however little is left. */
  settle(granted: number, bytes: number): void {
    this.hold(bytes - granted)
  }

  /** Gives all back. */
  release(): void {
    this.hold(-this.held)
    this.isCut = false
  }
}
