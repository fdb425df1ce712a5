// When is the next piece of a stream due, so that it flows at a chosen rate?
import { setTimeout as sleep } from 'node:timers/promises'

/** Pieces a second: often enough to look even, seldom enough to cost nothing. */
const piecesPerSecond = 4

export interface Clock {
  /** Milliseconds. */
  now(): number
  wait(ms: number): Promise<unknown>
}

const realClock: Clock = { now: () => performance.now(), wait: sleep }

/**
 * Lets chunks through at `rate` items a second, the first at once; a slow consumer is not made up for in a burst longer than a second.
 * @param chunks items in order
 * @param rate items a second; undefined lets everything through as it comes
 */
export async function* paced<T>(
  chunks: AsyncIterable<T[]> | Iterable<T[]>,
  rate: number | undefined,
  { now, wait }: Clock = realClock
): AsyncGenerator<T[]> {
  if (rate === undefined) {
    yield* chunks
    return
  }
  const size = Math.max(1, Math.floor(rate / piecesPerSecond))
  let due = now()
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += size) {
      const piece = chunk.slice(from, from + size)
      const early = due - now()
      if (early > 0) await wait(early)
      yield piece
      due = Math.max(due, now() - 1000) + (piece.length / rate) * 1000
    }
  }
}
