// How well does a small model tell faults from the rest, and what does it say about every reading?
import type { DuckDBConnection } from '@duckdb/node-api'
import inputsSql from '../../sql/features/inputs.sql'
import type { Split } from './features'
import { type LogisticModel, type Rows, score, train } from './logistic'
import { averagePrecision, bestThreshold, type Metrics, metricsOf } from './metrics'

/** Rows without a fault that the model is trained on; of more a part is chosen by the seed. */
const MAX_NORMAL_ROWS = 300_000
/** The naive rule that the model has to beat: so many deviations from the mean of the hour before. */
export const NAIVE_Z = 3
const KEYS = ['time', 'device_id', 'split', 'label']

/** What is needed to score a reading. */
export interface Model extends LogisticModel {
  kind: 'logistic-regression'
  inputs: string[]
  threshold: number
  horizon_minutes: number
  seed: number
  trained_rows: number
  /** Checksum of the rows it was trained on. */
  features_sha256: string
}

export interface Evaluation extends Metrics {
  /** Area under the curve of precision over recall. */
  pr_auc: number
}

export interface Trained {
  model: Model
  valid: Evaluation
  test: Evaluation
  /** What the test rows would give otherwise. */
  baselines: { always_normal: Metrics; naive_threshold: Metrics }
  /** Share of the test rows of each kind of fault that were found. */
  recall_by_kind: Record<string, { rows: number; found: number }>
}

async function inputNames(connection: DuckDBConnection): Promise<string[]> {
  await connection.run(`create or replace temp view inputs as ${inputsSql}`)
  const described = (await connection.runAndReadAll('describe inputs')).getRowObjectsJson()
  return described.map(row => String(row['column_name'])).filter(name => !KEYS.includes(name))
}

/** Rows of a query of label and inputs. */
async function rowsOf(connection: DuckDBConnection, names: readonly string[], where: string): Promise<Rows> {
  const count = Number((await connection.runAndReadAll(`select count(*) from inputs where ${where}`)).getRowsJson()[0]![0])
  const values = new Float64Array(count * names.length)
  const labels = new Uint8Array(count)
  const result = await connection.stream(
    `select label::integer, ${names.map(name => `${name}::double`).join(', ')} from inputs where ${where} order by device_id, time`
  )
  let row = 0
  for await (const chunk of result.yieldRowsJs())
    for (const [label, ...inputs] of chunk) {
      labels[row] = Number(label)
      inputs.forEach((value, column) => {
        values[row * names.length + column] = value === null ? Number.NaN : Number(value)
      })
      row++
    }
  return { width: names.length, values, labels }
}

async function trainingRows(connection: DuckDBConnection, names: readonly string[], seed: number): Promise<Rows> {
  const normal = Number(
    (await connection.runAndReadAll("select count(*) from inputs where split = 'train' and not label")).getRowsJson()[0]![0]
  )
  const chosen = normal <= MAX_NORMAL_ROWS ? '' : ` and (label or hash(device_id, time, ${seed}) % ${normal} < ${MAX_NORMAL_ROWS})`
  return rowsOf(connection, names, `split = 'train'${chosen}`)
}

const flagged = (scores: Float64Array, threshold: number) => Uint8Array.from(scores, value => (value >= threshold ? 1 : 0))

/**
 * Trains on the split train, chooses the threshold on valid, and judges on test.
 * @param features checksum of the training rows
 * @returns undefined when train has no fault, or nothing else
 */
export async function trainModel(
  connection: DuckDBConnection,
  { seed, horizon }: { seed: number; horizon: number },
  features: string
): Promise<Trained | undefined> {
  const inputs = await inputNames(connection)
  const rows = await trainingRows(connection, inputs, seed)
  const positives = rows.labels.reduce((sum, label) => sum + label, 0)
  if (positives === 0 || positives === rows.labels.length) return undefined
  const fitted = train(rows)
  const valid = await rowsOf(connection, inputs, "split = 'valid'")
  const validScores = score(fitted, valid)
  // without a fault in valid, train has to say where the line is
  const hasFaults = valid.labels.includes(1)
  const { threshold } = hasFaults ? bestThreshold(validScores, valid.labels) : bestThreshold(score(fitted, rows), rows.labels)
  const test = await rowsOf(connection, inputs, "split = 'test'")
  const testScores = score(fitted, test)
  const evaluation = (scores: Float64Array, { labels }: Rows): Evaluation => ({
    ...metricsOf(flagged(scores, threshold), labels),
    pr_auc: averagePrecision(scores, labels)
  })
  const naive = inputs.indexOf('abs_z_1h')
  const naiveFlags = Uint8Array.from(test.labels, (_, row) => (test.values[row * test.width + naive]! >= NAIVE_Z ? 1 : 0))
  return {
    model: {
      kind: 'logistic-regression',
      inputs,
      ...fitted,
      threshold,
      horizon_minutes: horizon,
      seed,
      trained_rows: rows.labels.length,
      features_sha256: features
    },
    valid: evaluation(validScores, valid),
    test: evaluation(testScores, test),
    baselines: {
      always_normal: metricsOf(new Uint8Array(test.labels.length), test.labels),
      naive_threshold: metricsOf(naiveFlags, test.labels)
    },
    recall_by_kind: await recallByKind(connection, flagged(testScores, threshold))
  }
}

async function recallByKind(connection: DuckDBConnection, flags: Uint8Array): Promise<Trained['recall_by_kind']> {
  const kinds: Trained['recall_by_kind'] = {}
  const result = await connection.stream("select label_kind from features where split = 'test' order by device_id, time")
  let row = 0
  for await (const chunk of result.yieldRowsJs())
    for (const [kind] of chunk) {
      if (kind !== null) {
        const counts = (kinds[String(kind)] ??= { rows: 0, found: 0 })
        counts.rows++
        counts.found += flags[row]!
      }
      row++
    }
  return kinds
}

export interface Prediction {
  time: string
  deviceId: string
  split: Split | 'gap'
  score: number
}

/** Scores of every reading of the export, chunk by chunk, in the order of devices and time. */
export async function* predictions(connection: DuckDBConnection, model: Model): AsyncGenerator<Prediction[]> {
  const result = await connection.stream(
    `select strftime(time::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ'), device_id, split, ${model.inputs.map(name => `${name}::double`).join(', ')}
     from inputs order by device_id, time`
  )
  for await (const chunk of result.yieldRowsJs()) {
    const values = new Float64Array(chunk.length * model.inputs.length)
    chunk.forEach(([, , , ...inputs], row) => {
      inputs.forEach((value, column) => {
        values[row * model.inputs.length + column] = value === null ? Number.NaN : Number(value)
      })
    })
    const scores = score(model, { width: model.inputs.length, values, labels: new Uint8Array(chunk.length) })
    yield chunk.map(([time, deviceId, split], row) => ({
      time: String(time),
      deviceId: String(deviceId),
      split: String(split) as Prediction['split'],
      score: scores[row]!
    }))
  }
}
