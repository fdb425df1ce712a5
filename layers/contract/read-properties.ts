// What does each property of a contract's schema say about a field, a derived column or a defaulted one?
import { z } from 'zod'
import { columnType, knownTypes, logicalTypesOf } from './columns'
import { fieldProperties, type Read, readCustomProperties } from './custom-properties'
import type { ContractDocument, KeyPath } from './document'
import { nearest, sqlIdentifierProblem } from './identifiers'
import { isTimeZone, wallClockProblem } from './timestamp'
import type { Column, DefaultedColumn, Derived, Field, TimestampFormat } from './types'

/** What the reader uses of a property of ODCS; the JSON Schema of the standard checks the rest. */
const odcsProperty = z.looseObject({
  name: z.string().min(1),
  physicalName: z.string().optional(),
  businessName: z.string().optional(),
  logicalType: z.string(),
  physicalType: z.string(),
  required: z.boolean().default(false),
  primaryKey: z.boolean().default(false),
  primaryKeyPosition: z.int().optional(),
  classification: z.string().optional(),
  tags: z.array(z.string()).default([]),
  examples: z.array(z.unknown()).default([]),
  logicalTypeOptions: z.record(z.string(), z.unknown()).default({}),
  customProperties: z.array(z.unknown()).default([])
})
type OdcsProperty = z.output<typeof odcsProperty>

const range = { minimum: z.number(), maximum: z.number(), exclusiveMinimum: z.number(), exclusiveMaximum: z.number() }

/** The options that the validator enforces; a contract may not promise more. */
const enforcedOptions: Record<string, Record<string, z.ZodType>> = {
  number: range,
  integer: range,
  string: { maxLength: z.int().min(1), pattern: z.string() },
  timestamp: { format: z.string(), timezone: z.boolean(), defaultTimezone: z.string() }
}

export interface Properties {
  /** In table order. */
  columns: Column[]
  fields: Field[]
  derived: Derived[]
  defaulted: DefaultedColumn[]
  /** Columns of the primary key, by position. */
  key: string[]
}

/** Reads `schema[0].properties`; problems go to the document. */
export function readProperties(document: ContractDocument, owner: KeyPath, properties: unknown): Properties {
  const result: Properties = { columns: [], fields: [], derived: [], defaulted: [], key: [] }
  const keys: { name: string; position: number }[] = []
  const path = [...owner, 'properties']
  if (!Array.isArray(properties) || properties.length === 0) document.problem(path, 'list at least one property')
  for (const [index, value] of (Array.isArray(properties) ? properties : []).entries()) {
    const at = [...path, index]
    const parsed = odcsProperty.safeParse(value)
    if (!parsed.success) {
      for (const issue of parsed.error.issues) document.problem([...at, ...(issue.path as KeyPath)], issue.message)
      continue
    }
    const property = parsed.data
    const column = readColumn(document, at, property)
    const custom = readCustomProperties(document, at, property.customProperties, fieldProperties)
    if (!column || !custom) continue
    if (result.columns.some(other => other.name === column.name)) document.problem([...at, 'name'], `column ${column.name} is there twice`)
    if (property.primaryKey) keys.push({ name: column.name, position: property.primaryKeyPosition ?? keys.length + 1 })
    if (custom.default) {
      result.defaulted.push({ ...column, expression: custom.default })
      continue
    }
    result.columns.push(column)
    if (custom.derive) result.derived.push(readDerived(column, custom.derive))
    else result.fields.push(readField(document, at, property, column, custom))
  }
  result.key = keys.sort((a, b) => a.position - b.position).map(key => key.name)
  return result
}

function readColumn(document: ContractDocument, path: KeyPath, property: OdcsProperty): Column | undefined {
  const name = property.physicalName ?? property.name
  const problem = sqlIdentifierProblem(name)
  if (problem) document.problem([...path, property.physicalName === undefined ? 'name' : 'physicalName'], problem)
  const type = columnType(property.physicalType)
  if (!type) document.problem([...path, 'physicalType'], unknownType(property.physicalType))
  else if (!logicalTypesOf(type).includes(property.logicalType))
    document.problem([...path, 'logicalType'], `does not agree with physicalType ${type}; use ${logicalTypesOf(type).join(' or ')}`)
  if (property.primaryKey && !property.required) document.problem([...path, 'required'], 'a column of the key must be required: true')
  return type && !problem ? { name, type, nullable: !property.required } : undefined
}

function unknownType(given: string): string {
  const near = nearest(given, knownTypes)
  return `is not a column type; ${near ? `did you mean ${near}?` : `use one of ${knownTypes.join(', ')}`}`
}

function readDerived(column: Column, derive: NonNullable<Read<typeof fieldProperties>['derive']>): Derived {
  if (derive.hash) return { column, kind: 'hash', of: derive.hash }
  return { column, kind: 'matches', of: derive.matches!.column, pattern: derive.matches!.pattern }
}

function readField(
  document: ContractDocument,
  path: KeyPath,
  property: OdcsProperty,
  column: Column,
  custom: Read<typeof fieldProperties>
): Field {
  const options = readOptions(document, [...path, 'logicalTypeOptions'], property)
  const { maxLength, pattern, format, timezone, defaultTimezone, ...range } = options as Record<string, never> & Field['range']
  return {
    name: property.name,
    column,
    label: property.businessName ?? property.name,
    unit: custom.unit,
    range,
    maxLength,
    pattern: patternOf(document, [...path, 'logicalTypeOptions', 'pattern'], pattern),
    normalise: custom.normalise,
    fromText: custom.fromText,
    timestamp: timestampFormat(document, [...path, 'logicalTypeOptions'], { format, timezone, defaultTimezone }),
    examples: property.examples,
    classification: property.classification,
    pii: property.tags.includes('pii')
  }
}

function readOptions(document: ContractDocument, path: KeyPath, property: OdcsProperty): Record<string, unknown> {
  const known = enforcedOptions[property.logicalType] ?? {}
  const options: Record<string, unknown> = {}
  for (const [option, value] of Object.entries(property.logicalTypeOptions)) {
    const schema = known[option]
    const parsed = schema?.safeParse(value)
    if (parsed?.success) options[option] = parsed.data
    else if (parsed) document.problem([...path, option], parsed.error.issues[0]!.message)
    else document.problem([...path, option], `is not enforced for logicalType ${property.logicalType}; ${listOr(Object.keys(known))}`)
  }
  return options
}

function listOr(names: string[]): string {
  return names.length === 0 ? 'remove it' : `use ${names.join(', ')}`
}

function patternOf(document: ContractDocument, path: KeyPath, pattern: string | undefined): string | undefined {
  if (pattern === undefined) return undefined
  try {
    new RegExp(pattern, 'u')
    return pattern
  } catch (error) {
    document.problem(path, (error as Error).message)
    return undefined
  }
}

/** `timezone: false` with a zone means wall-clock text; anything else is ISO 8601 with an offset. */
function timestampFormat(
  document: ContractDocument,
  path: KeyPath,
  options: { format?: string; timezone?: boolean; defaultTimezone?: string }
): TimestampFormat {
  if (options.timezone !== false) return { kind: 'iso' }
  const pattern = options.format ?? ''
  const zone = options.defaultTimezone ?? 'Etc/UTC'
  const problem = wallClockProblem(pattern)
  if (problem) document.problem([...path, 'format'], problem)
  if (!isTimeZone(zone)) document.problem([...path, 'defaultTimezone'], 'is not a time zone of the IANA database')
  return { kind: 'wall-clock', pattern, zone }
}
