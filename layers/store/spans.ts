// Which times stand side by side, so that one row of a log can name them all?

/** From `from` up to, but not including, `to`: epoch milliseconds. */
export interface Span {
  from: number
  to: number
}

/**
 * Times that follow each other, as spans: a batch of neighbouring buckets is one, however many they are.
 * @param starts epoch milliseconds at which buckets begin, in any order
 * @param lengthMs of a bucket
 */
export function spansOf(starts: Iterable<number>, lengthMs: number): Span[] {
  const spans: Span[] = []
  for (const start of [...new Set(starts)].sort((left, right) => left - right)) {
    const last = spans.at(-1)
    if (last?.to === start) last.to += lengthMs
    else spans.push({ from: start, to: start + lengthMs })
  }
  return spans
}
