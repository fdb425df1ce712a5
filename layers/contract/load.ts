// Which contracts are there, and what does each say?
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { PipelineError } from '../errors'
import { UNKNOWN_FIELDS_COLUMN } from './columns'
import { datasetProperties, type Read, readCustomProperties } from './custom-properties'
import { ContractDocument, type KeyPath } from './document'
import { nearest, sqlIdentifierProblem } from './identifiers'
import { type Properties, readProperties } from './read-properties'
import { summaryProblems } from './summaries'
import { quarantineColumnNames } from './tables'
import type { Column, Contract } from './types'

export const CONTRACT_SUFFIX = '.odcs.yaml'
const MAX_CONTRACT_BYTES = 1 << 20
const MINUTE_MS = 60_000
/** A btree entry holds at most 2704 bytes (nbtree.h): four bytes a character, two such columns and room for the rest. */
const MAX_KEY_TEXT_LENGTH = 300
const DAYS_OF_UNIT: Record<string, number> = { d: 1, day: 1, days: 1, y: 365, yr: 365, years: 365 }

const odcsContract = z.looseObject({
  apiVersion: z.literal('v3.1.0'),
  kind: z.literal('DataContract'),
  name: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be three numbers such as 1.0.0'),
  description: z.looseObject({ purpose: z.string().min(1) }),
  schema: z.array(z.looseObject({ physicalName: z.string() })).length(1, 'must hold exactly one table'),
  slaProperties: z.array(z.looseObject({ property: z.string(), value: z.unknown(), unit: z.string().optional() })).default([])
})

const SCHEMA: KeyPath = ['schema', 0]

const unknownFieldsColumn: Column = { name: UNKNOWN_FIELDS_COLUMN, type: 'jsonb', nullable: true }

/**
 * Where the contracts are: SLUICE_CONTRACTS, else `contracts` of the working directory, else the one packed beside a function on Lambda.
 * The last needs the look at the disk: serverless-offline sets LAMBDA_TASK_ROOT to a path that is only there on Lambda.
 */
export function contractsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment['SLUICE_CONTRACTS']) return environment['SLUICE_CONTRACTS']
  const here = join(process.cwd(), 'contracts')
  const packed = environment['LAMBDA_TASK_ROOT']
  return packed && !existsSync(here) ? join(packed, 'contracts') : here
}

/**
 * Reads every contract of a folder, in order of dataset. The standard's JSON Schema is checked by `checkContracts` of `./check`, at start
 * and in doctor: compiling it takes longer than a function's cold start may.
 * @throws PipelineError CONTRACT_INVALID with file, line, key, value and remedy of every problem of the first bad file
 */
export function loadContracts(folder: string = contractsFolder()): Contract[] {
  const contracts = contractFiles(folder).map(file => readContract(file, readText(join(folder, file))).contract)
  refuseShared(contracts, 'topic', contract => [contract.topic.name])
  refuseShared(contracts, 'table', contract => [
    contract.table.name,
    contract.quarantineTable.name,
    ...contract.summaries.map(summary => summary.table)
  ])
  return contracts
}

const cache = new Map<string, Contract>()

/** The contract in one file; it is read once per process. */
function contractIn(folder: string, file: string): Contract {
  const path = join(folder, file)
  let contract = cache.get(path)
  if (!contract) cache.set(path, (contract = readContract(file, readText(path)).contract))
  return contract
}

/**
 * The contract of one dataset. The others are not read: parsing YAML would take most of a function's first invocation.
 * @throws PipelineError CONTRACT_UNKNOWN that names the datasets there are
 */
export function contractOf(dataset: string, folder: string = contractsFolder()): Contract {
  const files = contractFiles(folder)
  const file = `${dataset}${CONTRACT_SUFFIX}`
  if (files.includes(file)) return contractIn(folder, file)
  const names = files.map(each => basename(each, CONTRACT_SUFFIX))
  const near = nearest(dataset, names)
  throw new PipelineError(
    'CONTRACT_UNKNOWN',
    `no contract for dataset ${JSON.stringify(dataset)}${near ? `; did you mean ${near}?` : `; there are ${names.join(', ')}`}`
  )
}

/**
 * The contract of a topic. Files that name it come first, so that the others are rarely read.
 * @throws PipelineError CONTRACT_UNKNOWN that names the topics there are
 */
export function contractOfTopic(topic: string, folder: string = contractsFolder()): Contract {
  const files = contractFiles(folder)
  const named = files.filter(file => readText(join(folder, file)).includes(topic))
  for (const file of new Set([...named, ...files])) {
    const contract = contractIn(folder, file)
    if (contract.topic.name === topic) return contract
  }
  const topics = files.map(file => contractIn(folder, file).topic.name)
  throw new PipelineError('CONTRACT_UNKNOWN', `no contract has the topic ${topic}; there are ${topics.join(', ')}`)
}

/** @throws PipelineError CONTRACT_INVALID when the folder cannot be read or holds no contract */
export function contractFiles(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (cause) {
    throw new PipelineError('CONTRACT_INVALID', `contracts folder ${folder} cannot be read`, {
      cause,
      remedy: 'Set SLUICE_CONTRACTS to the folder of the contracts.'
    })
  }
  const files = names.filter(name => name.endsWith(CONTRACT_SUFFIX)).sort()
  if (files.length > 0) return files
  throw new PipelineError('CONTRACT_INVALID', `contracts folder ${folder} holds no file *${CONTRACT_SUFFIX}`)
}

export function readText(file: string): string {
  const bytes = readFileSync(file)
  if (bytes.length <= MAX_CONTRACT_BYTES) return bytes.toString('utf8')
  throw new PipelineError('CONTRACT_INVALID', `${file}: has ${bytes.length} bytes; a contract has at most ${MAX_CONTRACT_BYTES}`)
}

/**
 * Reads one contract.
 * @param file its name, for messages and because it names the dataset
 * @throws PipelineError CONTRACT_INVALID
 */
export function readContract(file: string, text: string): { contract: Contract; document: ContractDocument } {
  const document = new ContractDocument(file, text)
  const parsed = odcsContract.safeParse(document.value)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) document.problem(issue.path as KeyPath, issue.message)
    document.check()
    throw parsed.error
  }
  const odcs = parsed.data
  const table = odcs.schema[0]!
  const dataset = basename(file, CONTRACT_SUFFIX)
  if (odcs.name !== dataset) document.problem(['name'], `must be ${dataset}, as the file is called`)
  const tableProblem = sqlIdentifierProblem(dataset) ?? sqlIdentifierProblem(table.physicalName)
  if (tableProblem) document.problem([...SCHEMA, 'physicalName'], tableProblem)
  const custom = readCustomProperties(document, SCHEMA, table['customProperties'], datasetProperties)
  readCustomProperties(document, [], (odcs as Record<string, unknown>)['customProperties'], {})
  const properties = readProperties(document, SCHEMA, table['properties'])
  document.check()
  if (!custom) throw new TypeError('a problem without a report')
  checkReferences(document, custom, properties)
  document.check()
  return { contract: assemble(dataset, file, odcs, custom, properties), document }
}

/** Names in customProperties must be of columns and fields that are there. */
function checkReferences(document: ContractDocument, custom: Read<typeof datasetProperties>, properties: Properties): void {
  const columns = properties.columns.map(column => column.name)
  const fields = properties.fields.map(field => field.name)
  const known = (what: string, names: readonly string[], candidates: string[]) => {
    for (const name of names.filter(each => !candidates.includes(each))) {
      const near = nearest(name, candidates)
      document.problem(
        [...SCHEMA, 'customProperties'],
        `${what}: ${name} is not there; ${near ? `did you mean ${near}?` : `use one of ${candidates.join(', ')}`}`
      )
    }
  }
  known('timeColumn', custom.timeColumn ? [custom.timeColumn] : [], columns)
  known('quarantine.extraColumns', custom.quarantine.extraColumns, columns)
  for (const name of custom.quarantine.extraColumns.filter(each => quarantineColumnNames.includes(each)))
    document.problem(
      [...SCHEMA, 'customProperties'],
      `quarantine.extraColumns: every quarantine table has a column ${name} of its own; leave it out`
    )
  for (const { table, by, measures } of custom.summaries) known(`summaries ${table}`, [...by, ...measures], columns)
  for (const problem of summaryProblems(custom.summaries, properties.columns))
    document.problem([...SCHEMA, 'customProperties'], `summaries ${problem}`)
  if (custom.unknownFields === 'evolve' && columns.includes(UNKNOWN_FIELDS_COLUMN))
    document.problem([...SCHEMA, 'properties'], `${UNKNOWN_FIELDS_COLUMN} is the column that the policy evolve adds; use another name`)
  known('recordKey', custom.recordKey, fields)
  for (const rule of custom.rules) {
    known(
      `rules ${rule.code}`,
      rule.when.map(test => test.column),
      columns
    )
    known(`rules ${rule.code}`, [rule.field], fields)
  }
  for (const derived of properties.derived) known(`derive of ${derived.column.name}`, [derived.of].flat(), columns)
  if (properties.key.length === 0)
    document.problem([...SCHEMA, 'properties'], 'no property has primaryKey: true; duplicates could not be told')
  if (custom.timeColumn && properties.key[0] !== custom.timeColumn)
    document.problem(
      [...SCHEMA, 'properties'],
      `the key must lead with ${custom.timeColumn} (primaryKeyPosition: 1), so that new rows meet in the same index pages`
    )
  for (const [property, value] of [
    ['lateAfterMinutes', custom.lateAfterMinutes],
    ['aheadToleranceMinutes', custom.aheadToleranceMinutes],
    ['summaries', custom.summaries.length > 0 || undefined],
    ['warehouse', custom.warehouse || undefined]
  ] as const)
    if (value !== undefined && !custom.timeColumn) document.problem([...SCHEMA, 'customProperties'], `${property} needs timeColumn; add it`)
  for (const field of properties.fields)
    if (
      field.column.type === 'text' &&
      properties.key.includes(field.column.name) &&
      !(field.maxLength && field.maxLength <= MAX_KEY_TEXT_LENGTH)
    )
      document.problem(
        [...SCHEMA, 'properties'],
        `${field.name} is text in the key: give it logicalTypeOptions.maxLength of at most ${MAX_KEY_TEXT_LENGTH}, or a long value would not fit the index`
      )
}

function assemble(
  dataset: string,
  file: string,
  odcs: z.output<typeof odcsContract>,
  custom: Read<typeof datasetProperties>,
  properties: Properties
): Contract {
  const retention = odcs.slaProperties.find(sla => sla.property === 'retention')
  return {
    dataset,
    version: odcs.version,
    description: odcs.description.purpose,
    file,
    topic: custom.topic,
    store: custom.store,
    table: {
      name: odcs.schema[0]!.physicalName,
      columns: custom.unknownFields === 'evolve' ? [...properties.columns, unknownFieldsColumn] : properties.columns,
      uniqueKey: properties.key,
      defaulted: properties.defaulted
    },
    quarantineTable: {
      name: custom.quarantine.table,
      extraColumns: custom.quarantine.extraColumns.map(name => ({
        ...properties.columns.find(column => column.name === name)!,
        nullable: true
      }))
    },
    timeColumn: custom.timeColumn,
    latenessMs: milliseconds(custom.lateAfterMinutes),
    aheadMs: milliseconds(custom.aheadToleranceMinutes),
    summaries: custom.summaries,
    warehouse: custom.warehouse,
    recordKey: custom.recordKey,
    source: { ...custom.source, columns: properties.fields.map(field => field.name) },
    fields: properties.fields,
    derived: properties.derived,
    rules: custom.rules,
    unknownFields: custom.unknownFields,
    duplicates: custom.duplicates,
    landing: custom.landing,
    incrementalLoad: custom.incrementalLoad,
    retentionDays: retention && Number(retention.value) * (DAYS_OF_UNIT[retention.unit ?? 'd'] ?? Number.NaN),
    generator: custom.generator
  }
}

function milliseconds(minutes: number | undefined): number | undefined {
  return minutes === undefined ? undefined : minutes * MINUTE_MS
}

function refuseShared(contracts: Contract[], what: string, of: (contract: Contract) => string[]): void {
  const owners = new Map<string, string>()
  for (const contract of contracts)
    for (const name of of(contract)) {
      const owner = owners.get(name)
      if (owner)
        throw new PipelineError('CONTRACT_INVALID', `${contract.file}: ${what} ${name} is already that of ${owner}; choose another`)
      owners.set(name, contract.file)
    }
}
