// Was everything delivered that had to be, and nothing else? Follows the attempts that the fault service wrote down, in their order.
import { closeSync, openSync, readSync } from 'node:fs'

interface Attempt {
  way: string
  ok?: boolean
  partitions?: Record<string, { first: number; last: number; ids: number[] }>
}

interface PartitionState {
  /** The first offset that never succeeded: those before it all did, in their order. */
  next: number
  /** What is surely committed: a poller has committed a batch before it delivers the next but one. */
  floor: number
  /** Where the batch began that succeeded last. */
  last: number
}

const READ_BYTES = 1 << 20

export class DeliveryLedger {
  /** Attempts by how the handler ended them. */
  readonly ways = new Map<string, number>()
  /** Records that succeeded, by the numbers in their values. */
  readonly succeeded = new Set<number>()
  /** Records of successful attempts that had succeeded before. */
  again = 0
  successes = 0
  private readonly partitions = new Map<number, PartitionState>()
  private file?: { path: string; descriptor?: number; rest: string }

  /** Reads what was written since the last call; a last line without its end, as a killed process leaves it, is no success. */
  read(path: string): void {
    if (this.file?.path !== path) {
      this.close()
      this.file = { path, rest: '' }
    }
    const { file } = this
    try {
      file.descriptor ??= openSync(path, 'r')
    } catch {
      return // not written yet
    }
    const chunk = Buffer.alloc(READ_BYTES)
    for (let length = 1; length > 0; ) {
      length = readSync(file.descriptor, chunk, 0, READ_BYTES, null)
      const lines = (file.rest + chunk.toString('latin1', 0, length)).split('\n')
      file.rest = lines.pop()!
      for (const line of lines) this.follow(JSON.parse(line))
    }
  }

  private follow({ way, ok, partitions }: Attempt): void {
    this.ways.set(way, (this.ways.get(way) ?? 0) + 1)
    if (ok) this.successes++
    for (const [partition, { first, last, ids }] of Object.entries(partitions ?? {})) {
      const state = this.state(Number(partition))
      const what = `partition ${partition}, offsets ${first} to ${last} (${way})`
      if (first > state.next) throw new Error(`${what}: offset ${state.next} has not succeeded yet`)
      if (first < state.floor) throw new Error(`${what}: delivered again though ${state.floor} is committed`)
      if (!ok) continue
      this.again += Math.max(0, Math.min(state.next, last + 1) - first)
      for (const id of ids) this.succeeded.add(id)
      state.next = Math.max(state.next, last + 1)
      if (first <= state.last) continue
      state.floor = Math.max(state.floor, state.last)
      state.last = first
    }
  }

  /** What the group had committed when the process that wrote was killed. */
  killed(committed: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of committed) {
      const state = this.state(partition)
      if (offset > state.next) throw new Error(`partition ${partition}: ${offset} is committed, but ${state.next} has not succeeded yet`)
      if (offset < state.floor) throw new Error(`partition ${partition}: ${offset} is committed, after ${state.floor} was`)
      state.floor = offset
      state.last = offset
    }
  }

  /** Per partition the offset behind the last success. */
  get ends(): Map<number, number> {
    return new Map([...this.partitions].map(([partition, { next }]) => [partition, next]))
  }

  private state(partition: number): PartitionState {
    const state = this.partitions.get(partition) ?? { next: 0, floor: 0, last: 0 }
    this.partitions.set(partition, state)
    return state
  }

  close(): void {
    if (this.file?.descriptor !== undefined) closeSync(this.file.descriptor)
    this.file = undefined
  }
}
