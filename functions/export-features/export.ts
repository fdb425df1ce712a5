// What do the facts of the warehouse give a learner? Features by split in the lake and, where asked for, a model and its predictions.
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Contract } from '../../layers/contract'
import type { Lake } from '../../layers/lake'
import { withDuckDb } from '../../layers/lake/duckdb'
import { type FileFacts, fileFacts, getJson, jsonBytes, putVersion, versionsIn } from '../../layers/lake/versions'
import { extractFacts, type Offset } from './extract'
import { type Features, makeFeatures, type SplitFacts } from './features'
import { type Model, predictions, type Trained, trainModel } from './model'
import { writePredictions } from './predict'
import type { ExportRequest } from './request'

/** Changes whenever the same facts would give other features. */
export const CODE = { name: 'export-features', version: '1.0.0' }
const MEMORY_MB = 256
const THREADS = 2
const MANIFEST = 'manifest.json'
const CARD = 'card.json'

export interface FeatureManifest {
  manifest_version: 1
  name: string
  version: number
  created_at: string
  code: typeof CODE
  /** ISO 8601; first instant of the facts, and the first after them. */
  from: string
  to: string
  /** Where validation and testing begin, and what lies between the parts. */
  split_at: [string, string]
  gap_minutes: number
  horizon_minutes: number
  rows: { facts: number; train: number; valid: number; test: number; gap: number }
  splits: SplitFacts[]
  schema: Features['schema']
  label: { column: 'label'; source: string }
  contracts: { name: string; version: string }[]
  /** Every record of the topic before these had been stored when the facts were read. */
  offsets: { topic: string; partitions: Offset[] }
  generator: Record<string, number>
  files: ({ name: string; rows: number } & FileFacts)[]
}

export interface ExportContext {
  lake: Lake
  urls: { databaseUrl: string; timescaleUrl: string }
  contract: Contract
  /** Epoch milliseconds. */
  now: number
}

/** Flat, for a table. */
export interface ExportAnswer {
  status: 'exported' | 'unchanged' | 'no_rows'
  features: string | null
  facts: number
  train_rows: number
  valid_rows: number
  test_rows: number
  gap_rows: number
  faults: number
  model?: string | null
  predictions?: number
  precision?: number
  recall?: number
  f1?: number
  pr_auc?: number
  naive_f1?: number
}

const share = (value: number) => Number(value.toFixed(4))

/** Puts the features under their next version, unless the newest has the very same files. @returns the version */
async function putFeatures(lake: Lake, manifest: Omit<FeatureManifest, 'version'>, local: Record<string, string>) {
  const folder = `features/${manifest.name}/`
  const { begun, complete } = await versionsIn(lake, folder, MANIFEST)
  const newest = complete === 0 ? undefined : await getJson<FeatureManifest>(lake, `${folder}v${complete}/${MANIFEST}`)
  const sums = (files: readonly FileFacts[]) => files.map(({ sha256 }) => sha256).join()
  if (newest && sums(newest.files) === sums(manifest.files)) return { version: complete, isNew: false }
  const version = begun + 1
  const files = manifest.files.map(({ name }): [string, { file: string }] => [name, { file: local[name]! }])
  await putVersion(lake, `${folder}v${version}/`, [...files, [MANIFEST, jsonBytes({ ...manifest, version })]])
  return { version, isNew: true }
}

interface Card {
  model_version: string
  created_at: string
  features: string
  weights: Record<string, number>
  threshold: number
  metrics: Pick<Trained, 'valid' | 'test'>
  baselines: Trained['baselines']
  recall_by_kind: Trained['recall_by_kind']
  predictions: number
}

const bytesOf = (model: Model) => jsonBytes(model)

/** Puts a model under its next version and its predictions into the warehouse; the card comes last. The same bytes are not put twice. */
async function putModel(
  connection: DuckDBConnection,
  { name }: ExportRequest,
  { lake, urls, now }: ExportContext,
  trained: Trained,
  features: string
): Promise<{ version: string; predictions: number }> {
  const folder = `models/${name}/`
  const bytes = bytesOf(trained.model)
  const { begun, complete } = await versionsIn(lake, folder, CARD)
  if (complete > 0 && (await lake.get(`${folder}v${complete}/model.json`))?.equals(bytes)) {
    const card = await getJson<Card>(lake, `${folder}v${complete}/${CARD}`)
    return { version: `${name}-v${complete}`, predictions: card!.predictions }
  }
  const number = begun + 1
  const version = `${name}-v${number}`
  // the version is taken before the warehouse hears of it
  await putVersion(lake, `${folder}v${number}/`, [['model.json', bytes]])
  const written = await writePredictions(urls.timescaleUrl, name, version, trained.model.threshold, () =>
    predictions(connection, trained.model)
  )
  const { model, ...results } = trained
  const card: Card = {
    model_version: version,
    created_at: new Date(now).toISOString(),
    features,
    weights: Object.fromEntries(['intercept', ...model.inputs].map((input, index) => [input, model.weights[index]!])),
    threshold: model.threshold,
    metrics: { valid: results.valid, test: results.test },
    baselines: results.baselines,
    recall_by_kind: results.recall_by_kind,
    predictions: written
  }
  await putVersion(lake, `${folder}v${number}/`, [[CARD, jsonBytes(card)]])
  return { version, predictions: written }
}

/**
 * Exports the features of a range of facts.
 * @throws PipelineError DATABASE_UNAVAILABLE, LAKE_UNAVAILABLE, LAKE_CONFLICT
 */
export async function exportFeatures(request: ExportRequest, context: ExportContext): Promise<ExportAnswer> {
  const { lake, urls, contract, now } = context
  const nothing = { features: null, facts: 0, train_rows: 0, valid_rows: 0, test_rows: 0, gap_rows: 0, faults: 0 }
  return withDuckDb(
    async (connection, folder) => {
      const extract = await extractFacts(urls, contract.topic.name, request, folder)
      if (extract === undefined) return { status: 'no_rows', ...nothing }
      const made = await makeFeatures(connection, folder, extract, request)
      const rowsIn = (split: string) => made.splits.find(candidate => candidate.split === split)!.rows
      const files = []
      for (const [name, file] of Object.entries(made.files))
        files.push({ name, rows: rowsIn(name.split('.')[0]!), ...(await fileFacts(file)) })
      const rows = { facts: extract.rows, train: rowsIn('train'), valid: rowsIn('valid'), test: rowsIn('test'), gap: rowsIn('gap') }
      const { version, isNew } = await putFeatures(
        lake,
        {
          manifest_version: 1,
          name: request.name,
          created_at: new Date(now).toISOString(),
          code: CODE,
          from: new Date(extract.from).toISOString(),
          to: new Date(extract.to).toISOString(),
          split_at: [new Date(made.validFrom).toISOString(), new Date(made.testFrom).toISOString()],
          gap_minutes: request.gapMinutes,
          horizon_minutes: request.horizon,
          rows,
          splits: made.splits,
          schema: made.schema,
          label: { column: 'label', source: 'iot_locations.maintenance_log' },
          contracts: [{ name: contract.dataset, version: contract.version }],
          offsets: { topic: contract.topic.name, partitions: extract.offsets },
          generator: contract.generator,
          files
        },
        made.files
      )
      const features = `features/${request.name}/v${version}/`
      const answer: ExportAnswer = {
        status: isNew ? 'exported' : 'unchanged',
        features,
        facts: rows.facts,
        train_rows: rows.train,
        valid_rows: rows.valid,
        test_rows: rows.test,
        gap_rows: rows.gap,
        faults: made.splits.reduce((sum, { positives }) => sum + positives, 0)
      }
      if (!request.train) return answer
      const trained = await trainModel(connection, request, files.find(({ name }) => name === 'train.csv')!.sha256)
      if (trained === undefined) return { ...answer, model: null }
      const put = await putModel(connection, request, context, trained, features)
      return {
        ...answer,
        model: put.version,
        predictions: put.predictions,
        precision: share(trained.test.precision),
        recall: share(trained.test.recall),
        f1: share(trained.test.f1),
        pr_auc: share(trained.test.pr_auc),
        naive_f1: share(trained.baselines.naive_threshold.f1)
      }
    },
    { memoryMb: MEMORY_MB, threads: THREADS }
  )
}
