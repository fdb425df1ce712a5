import { type Rows, score, sigmoid, train } from './logistic'

const rowsOf = (rows: [number[], 0 | 1][]): Rows => ({
  width: rows[0]![0].length,
  values: Float64Array.from(rows.flatMap(([values]) => values)),
  labels: Uint8Array.from(rows.map(([, label]) => label))
})
/** A repeatable sequence from 0 to 1. */
const noise = (index: number) => Math.abs(Math.sin(index * 12.9898) * 43_758.5453) % 1

test('weights that made the labels are found again', () => {
  const truth = [1.5, -2]
  const rows = rowsOf(
    Array.from({ length: 20_000 }, (_, index): [number[], 0 | 1] => {
      const values = [noise(index) * 2 - 1, noise(index + 0.5) * 2 - 1]
      const isFault = noise(index + 0.25) < sigmoid(truth[0]! * values[0]! + truth[1]! * values[1]!)
      return [values, isFault ? 1 : 0]
    })
  )
  const { weights, deviations } = train(rows)
  expect(weights[1]! / deviations[0]!).toBeCloseTo(truth[0]!, 0)
  expect(weights[2]! / deviations[1]!).toBeCloseTo(truth[1]!, 0)
})

test('classes that one number tells apart give finite weights and the right verdicts', () => {
  const rows = rowsOf(Array.from({ length: 100 }, (_, index) => [[index], index >= 50 ? 1 : 0]))
  const model = train(rows)
  expect(model.weights.every(Number.isFinite)).toBe(true)
  const scores = score(model, rows)
  expect(Math.min(...scores.slice(50))).toBeGreaterThan(Math.max(...scores.slice(0, 50)))
})

test('a rare fault weighs as much as everything else', () => {
  const rows = rowsOf(Array.from({ length: 1000 }, (_, index) => [[noise(index)], index % 100 === 0 ? 1 : 0]))
  const scores = score(train(rows), rows)
  expect(scores.reduce((sum, value) => sum + value, 0) / scores.length).toBeCloseTo(0.5, 1)
})

test('what is not known counts as usual, and a column that never changes says nothing', () => {
  const rows = rowsOf([
    [[1, 7], 0],
    [[Number.NaN, 7], 0],
    [[3, 7], 1],
    [[4, 7], 1]
  ])
  const { weights } = train(rows)
  expect(weights[1]).toBeGreaterThan(0)
  expect(weights[2]).toBe(0)
})

test.each([0, 1] as const)('rows that are all %i cannot be learned from', label => {
  expect(() =>
    train(
      rowsOf([
        [[1], label],
        [[2], label]
      ])
    )
  ).toThrow(RangeError)
})
