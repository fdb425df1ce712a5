import { averagePrecision, bestThreshold, metricsOf } from './metrics'

test('precision, recall and F1 come from the four counts', () => {
  expect(metricsOf([true, true, false, false], [1, 0, 1, 0])).toEqual({
    true_positive: 1,
    false_positive: 1,
    true_negative: 1,
    false_negative: 1,
    rows: 4,
    positives: 2,
    precision: 0.5,
    recall: 0.5,
    f1: 0.5
  })
  expect(metricsOf([false, false], [1, 0])).toMatchObject({ precision: 0, recall: 0, f1: 0 })
})

test('the threshold is where F1 is highest, with equal scores on one side', () => {
  expect(bestThreshold(Float64Array.from([0.9, 0.8, 0.8, 0.1]), [1, 1, 0, 0])).toEqual({ threshold: 0.8, f1: 0.8 })
  expect(bestThreshold(Float64Array.from([0.3, 0.2]), [0, 0])).toEqual({ threshold: 0.3, f1: 0 })
})

test('a perfect order has the area 1, one without use the share of faults', () => {
  expect(averagePrecision(Float64Array.from([0.9, 0.8, 0.2, 0.1]), [1, 1, 0, 0])).toBe(1)
  expect(averagePrecision(Float64Array.from([0.5, 0.5, 0.5, 0.5]), [1, 0, 0, 0])).toBe(0.25)
  expect(averagePrecision(new Float64Array(2), [0, 0])).toBe(0)
})
