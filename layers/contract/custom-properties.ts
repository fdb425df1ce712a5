// Which customProperties does Sluice know, where may they stand, and what may they hold?
import { z } from 'zod'
import type { ContractDocument, KeyPath } from './document'
import { nearest, sqlIdentifierProblem, topicProblem } from './identifiers'

/** More partitions than this on one topic is a mistake in the file, not a need. */
const MAX_PARTITIONS = 1000
const MAX_MINUTES = 366 * 24 * 60
/** What one Kafka event may hold at most, and how long it may wait for more (AWS Lambda, event source mappings). */
const MAX_BATCH_RECORDS = 10_000
const MAX_BATCH_SECONDS = 300

const name = z.string().min(1)
const minutes = z.number().positive().max(MAX_MINUTES)

const column = z.string().superRefine((value, context) => {
  const problem = sqlIdentifierProblem(value)
  if (problem) context.addIssue({ code: 'custom', message: problem })
})

/** `schema.table`, or a table of the default schema. */
const qualifiedTable = z.string().superRefine((value, context) => {
  const names = value.split('.')
  const problem = names.length > 2 ? 'use schema.table' : names.map(sqlIdentifierProblem).find(Boolean)
  if (problem) context.addIssue({ code: 'custom', message: problem })
})

const topicName = z.string().superRefine((value, context) => {
  const problem = topicProblem(value)
  if (problem) context.addIssue({ code: 'custom', message: problem })
})

const pattern = z.string().superRefine((value, context) => {
  try {
    new RegExp(value, 'u')
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
  }
})

const rowTest = z.strictObject({
  column,
  matches: pattern.optional(),
  notMatches: pattern.optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional()
})

/** What stands under `customProperties` of the dataset. */
export const datasetProperties = {
  topic: z.strictObject({
    name: topicName,
    partitions: z.int().min(1).max(MAX_PARTITIONS),
    compression: z.enum(['none', 'gzip']).default('none')
  }),
  store: z.enum(['operational', 'timeseries']),
  recordKey: z.array(name).min(1),
  source: z.strictObject({
    kind: z.enum(['simulator', 'json', 'csv', 'parquet']),
    encoding: z.enum(['utf-8', 'windows-1252']).default('utf-8'),
    delimiter: z.string().length(1).default(',')
  }),
  quarantine: z.strictObject({ table: column, extraColumns: z.array(column) }),
  timeColumn: column.optional(),
  lateAfterMinutes: minutes.optional(),
  aheadToleranceMinutes: minutes.optional(),
  summaries: z
    .array(
      z.strictObject({
        table: column,
        minutes: z.array(z.int().min(1).max(MAX_MINUTES)).min(1),
        by: z.array(column).default([]),
        measures: z.array(column).min(1)
      })
    )
    .default([]),
  warehouse: z.boolean().default(false),
  unknownFields: z.enum(['evolve', 'freeze', 'quarantine', 'drop']).default('drop'),
  duplicates: z.enum(['keep', 'replace']).default('keep'),
  landing: z
    .strictObject({
      flushMessageCount: z.int().min(1).max(MAX_BATCH_RECORDS).default(500),
      flushIntervalSeconds: z.int().min(0).max(MAX_BATCH_SECONDS).default(10),
      compression: z.enum(['none', 'gzip', 'zstd']).default('gzip')
    })
    .optional(),
  incrementalLoad: z
    .strictObject({
      table: qualifiedTable,
      watermarkColumn: column,
      watermarkType: z.enum(['timestamp', 'bigint']).default('timestamp'),
      initialWatermarkValue: z.union([z.string(), z.int()]).optional(),
      key: z.array(column).min(1),
      lagSeconds: z.number().min(0).default(60)
    })
    .optional(),
  rules: z.array(z.strictObject({ code: column, field: name, message: name, when: z.array(rowTest).min(1) })).default([]),
  generator: z.record(name, z.number().min(0)).default({})
} as const

/** What stands under `customProperties` of one property. */
export const fieldProperties = {
  unit: z.string().default(''),
  normalise: z.array(z.enum(['trim', 'upper'])).default([]),
  fromText: z.strictObject({ remove: z.string().default(''), decimal: z.enum(['.', ',']).optional() }).optional(),
  derive: z
    .strictObject({ hash: z.array(column).min(1).optional(), matches: z.strictObject({ column, pattern }).optional() })
    .refine(value => (value.hash === undefined) !== (value.matches === undefined), 'give one of hash and matches')
    .optional(),
  default: z.literal('now()').optional()
} as const

type Known = Record<string, z.ZodType>
export type Read<T extends Known> = { [K in keyof T]: z.output<T[K]> }

interface Entry {
  property?: unknown
  value?: unknown
}

/**
 * Reads `customProperties` against the known ones; every unknown name, missing one and bad value becomes a problem of the document.
 * @returns the values, or undefined when there was a problem
 */
export function readCustomProperties<T extends Known>(
  document: ContractDocument,
  owner: KeyPath,
  entries: unknown,
  known: T
): Read<T> | undefined {
  const path = [...owner, 'customProperties']
  const given = new Map<string, { value: unknown; path: KeyPath }>()
  let sound = true
  const problem = (where: KeyPath, text: string) => {
    sound = false
    document.problem(where, text)
  }
  for (const [index, entry] of (Array.isArray(entries) ? (entries as Entry[]) : []).entries()) {
    const property = String(entry?.property)
    if (!(property in known)) problem([...path, index, 'property'], unknownName(property, Object.keys(known)))
    else if (given.has(property)) problem([...path, index, 'property'], 'is given twice; keep one')
    else given.set(property, { value: entry.value, path: [...path, index, 'value'] })
  }
  const values: Record<string, unknown> = {}
  for (const [property, schema] of Object.entries(known)) {
    const entry = given.get(property)
    const result = schema.safeParse(entry?.value)
    if (result.success) values[property] = result.data
    else if (!entry) problem(path, `misses ${property}; add it`)
    else for (const issue of result.error.issues) problem([...entry.path, ...(issue.path as KeyPath)], issueText(issue, property))
  }
  return sound ? (values as Read<T>) : undefined
}

function unknownName(property: string, known: string[]): string {
  const near = nearest(property, known)
  return near ? `is not known; did you mean ${near}?` : `is not known; the known ones are ${known.join(', ')}`
}

function issueText(issue: z.core.$ZodIssue, property: string): string {
  return `${property}: ${issue.message}`
}
