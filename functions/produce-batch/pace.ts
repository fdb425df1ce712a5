// When is the next piece of a stream due, so that it flows at a chosen rate?
import { setTimeout as wait } from 'node:timers/promises'

/** Pieces a second: often enough to look even, seldom enough to cost nothing. */
const piecesPerSecond = 4

/**
 * Lets chunks through at `rate` items a second, the first at once; a slow consumer is not made up for in a burst longer than a second.
 * @param chunks items in order
 * @param rate items a second; undefined lets everything through as it comes
 * @param now a clock in milliseconds
 */
export async function* paced<T>(
  chunks: AsyncIterable<T[]> | Iterable<T[]>,
  rate: number | undefined,
  now: () => number = () => performance.now()
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
