// How good are scores against the truth?

export interface Confusion {
  true_positive: number
  false_positive: number
  true_negative: number
  false_negative: number
}

export interface Metrics extends Confusion {
  rows: number
  positives: number
  precision: number
  recall: number
  f1: number
}

export function metricsOf(flags: ArrayLike<boolean | number>, labels: ArrayLike<number>): Metrics {
  const counts: Confusion = { true_positive: 0, false_positive: 0, true_negative: 0, false_negative: 0 }
  for (let row = 0; row < labels.length; row++) {
    const isFlagged = Boolean(flags[row])
    if (labels[row] === 1) isFlagged ? counts.true_positive++ : counts.false_negative++
    else isFlagged ? counts.false_positive++ : counts.true_negative++
  }
  const { true_positive: hits, false_positive: alarms, false_negative: misses } = counts
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
  const precision = share(hits, hits + alarms)
  const recall = share(hits, hits + misses)
  return {
    ...counts,
    rows: labels.length,
    positives: hits + misses,
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall)
  }
}

/** Rows from the highest score to the lowest. */
const byScore = (scores: Float64Array) =>
  Uint32Array.from(scores.keys()).sort((left, right) => scores[right]! - scores[left]! || left - right)

/** The threshold at which F1 is highest; the highest score when there is no positive. */
export function bestThreshold(scores: Float64Array, labels: ArrayLike<number>): { threshold: number; f1: number } {
  const order = byScore(scores)
  let positives = 0
  for (let row = 0; row < labels.length; row++) positives += labels[row]!
  let hits = 0
  let best = { threshold: order.length > 0 ? scores[order[0]!]! : 1, f1: 0 }
  for (let rank = 0; rank < order.length; rank++) {
    hits += labels[order[rank]!]!
    const score = scores[order[rank]!]!
    // equal scores are on the same side
    if (rank + 1 < order.length && scores[order[rank + 1]!] === score) continue
    const f1 = (2 * hits) / (rank + 1 + positives)
    if (f1 > best.f1) best = { threshold: score, f1 }
  }
  return best
}

/** Area under the curve of precision over recall, as the sum of precisions at each gain of recall (average precision). */
export function averagePrecision(scores: Float64Array, labels: ArrayLike<number>): number {
  const order = byScore(scores)
  let positives = 0
  for (let row = 0; row < labels.length; row++) positives += labels[row]!
  if (positives === 0) return 0
  let hits = 0
  let counted = 0
  let area = 0
  for (let rank = 0; rank < order.length; rank++) {
    hits += labels[order[rank]!]!
    if (rank + 1 < order.length && scores[order[rank + 1]!] === scores[order[rank]!]) continue
    area += ((hits - counted) / positives) * (hits / (rank + 1))
    counted = hits
  }
  return area
}
