// Which line best separates faults from the rest? Logistic regression, found by Newton's method: the same rows give the same weights.

/** Rows as one array, `width` numbers each; NaN where a value is not known. */
export interface Rows {
  width: number
  values: Float64Array
  labels: Uint8Array
}

export interface LogisticModel {
  means: number[]
  deviations: number[]
  /** The first is the intercept. */
  weights: number[]
}

/** Beyond this many deviations a value says nothing more. */
const CLIP = 10
/** How much large weights cost: keeps them finite where one feature tells every fault. */
const RIDGE = 1e-3
const MAX_STEPS = 25
const CONVERGED = 1e-8

const countOf = ({ labels }: Rows) => labels.length

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

function standards({ width, values }: Rows): { means: number[]; deviations: number[] } {
  const means = new Array<number>(width).fill(0)
  const deviations = new Array<number>(width).fill(1)
  for (let column = 0; column < width; column++) {
    let count = 0
    let mean = 0
    let squares = 0
    for (let at = column; at < values.length; at += width) {
      const value = values[at]!
      if (Number.isNaN(value)) continue
      count++
      const distance = value - mean
      mean += distance / count
      squares += distance * (value - mean)
    }
    means[column] = mean
    const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0
    deviations[column] = deviation > 0 ? deviation : 1
  }
  return { means, deviations }
}

/** A row as the model sees it: standardised, clipped, what is not known at the mean. */
function standardise(
  rows: Rows,
  row: number,
  { means, deviations }: Pick<LogisticModel, 'means' | 'deviations'>,
  into: Float64Array
): void {
  into[0] = 1
  for (let column = 0; column < rows.width; column++) {
    const value = rows.values[row * rows.width + column]!
    into[column + 1] = Number.isNaN(value) ? 0 : Math.max(-CLIP, Math.min(CLIP, (value - means[column]!) / deviations[column]!))
  }
}

/** Solves a symmetric, positive definite system by Cholesky's decomposition; `matrix` is overwritten. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j]!
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!
      matrix[i * n + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / matrix[j * n + j]!
    }
  }
  const x = Float64Array.from(right)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] = x[i]! - matrix[i * n + k]! * x[k]!
    x[i] = x[i]! / matrix[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] = x[i]! - matrix[k * n + i]! * x[k]!
    x[i] = x[i]! / matrix[i * n + i]!
  }
  return x
}

/**
 * Trains on rows of which some are faults; both classes weigh the same in all.
 * @throws RangeError when there is no fault, or nothing but faults
 */
export function train(rows: Rows): LogisticModel {
  const count = countOf(rows)
  const positives = rows.labels.reduce((sum, label) => sum + label, 0)
  if (positives === 0 || positives === count) throw new RangeError('a model needs rows with a fault and rows without')
  const standard = standards(rows)
  const classWeights = [count / (2 * (count - positives)), count / (2 * positives)]
  const n = rows.width + 1
  let weights = new Float64Array(n)
  const x = new Float64Array(n)

  const inputs = new Float64Array(count * n)
  for (let row = 0; row < count; row++) {
    standardise(rows, row, standard, x)
    inputs.set(x, row * n)
  }
  const linear = (candidate: Float64Array, row: number) => {
    let sum = 0
    for (let i = 0, at = row * n; i < n; i++, at++) sum += candidate[i]! * inputs[at]!
    return sum
  }

  const loss = (candidate: Float64Array) => {
    let sum = 0
    for (let row = 0; row < count; row++) {
      const score = linear(candidate, row)
      const label = rows.labels[row]!
      const signed = label === 1 ? score : -score
      // log(1 + e^-s) without overflow
      sum += classWeights[label]! * (signed > 0 ? Math.log1p(Math.exp(-signed)) : -signed + Math.log1p(Math.exp(signed)))
    }
    for (let i = 1; i < n; i++) sum += (RIDGE * count * candidate[i]! ** 2) / 2
    return sum / count
  }

  let before = loss(weights)
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = new Float64Array(n)
    const hessian = new Float64Array(n * n)
    for (let row = 0; row < count; row++) {
      const at = row * n
      const probability = sigmoid(linear(weights, row))
      const label = rows.labels[row]!
      const error = classWeights[label]! * (probability - label)
      const curve = classWeights[label]! * probability * (1 - probability)
      for (let i = 0; i < n; i++) {
        gradient[i] = gradient[i]! + error * inputs[at + i]!
        const scaled = curve * inputs[at + i]!
        for (let j = 0; j <= i; j++) hessian[i * n + j] = hessian[i * n + j]! + scaled * inputs[at + j]!
      }
    }
    for (let i = 0; i < n; i++) {
      if (i > 0) gradient[i] = gradient[i]! + RIDGE * count * weights[i]!
      // the intercept, too, needs a diagonal above zero
      hessian[i * n + i] = hessian[i * n + i]! + RIDGE * count
    }
    const direction = solve(hessian, gradient)
    // a whole step can be too long where the classes are far apart
    let next = weights
    let after = before
    for (let length = 1; length > 1e-4; length /= 2) {
      next = weights.map((weight, i) => weight - length * direction[i]!)
      after = loss(next)
      if (after <= before) break
    }
    if (!(after < before)) break
    const gain = before - after
    weights = next
    before = after
    if (gain < CONVERGED) break
  }
  return { ...standard, weights: [...weights] }
}

/** The probability of a fault, row by row. */
export function score(model: LogisticModel, rows: Rows): Float64Array {
  const x = new Float64Array(rows.width + 1)
  return Float64Array.from({ length: countOf(rows) }, (_, row) => {
    standardise(rows, row, model, x)
    let sum = 0
    for (let i = 0; i < x.length; i++) sum += model.weights[i]! * x[i]!
    return sigmoid(sum)
  })
}
