// Which column type does a property's physicalType name, and does it agree with its logicalType?
import type { ColumnType } from './types'

/** Where a clean table keeps the fields that its contract does not know, under the policy `evolve`. */
export const UNKNOWN_FIELDS_COLUMN = 'unknown_fields'

const NUMERIC = /^numeric\((\d+),\s*(\d+)\)$/
/** Postgres: numeric(precision, scale) goes up to 1000 digits. */
const MAX_NUMERIC_PRECISION = 1000

const logicalTypes: Record<string, readonly string[]> = {
  text: ['string'],
  integer: ['integer'],
  bigint: ['integer'],
  'double precision': ['number'],
  boolean: ['boolean'],
  timestamptz: ['timestamp'],
  date: ['date'],
  jsonb: ['object', 'array'],
  numeric: ['number', 'integer']
}

export const knownTypes = [...Object.keys(logicalTypes).filter(type => type !== 'numeric'), 'numeric(precision,scale)']

/** @returns the type, or undefined when a contract may not use it */
export function columnType(physicalType: string): ColumnType | undefined {
  const numeric = NUMERIC.exec(physicalType)
  if (numeric) {
    const [precision, scale] = [Number(numeric[1]), Number(numeric[2])]
    return precision >= 1 && precision <= MAX_NUMERIC_PRECISION && scale <= precision ? `numeric(${precision},${scale})` : undefined
  }
  return physicalType !== 'numeric' && Object.hasOwn(logicalTypes, physicalType) ? (physicalType as ColumnType) : undefined
}

/** @returns the logical types that agree with the column's type */
export function logicalTypesOf(type: ColumnType): readonly string[] {
  return logicalTypes[type.startsWith('numeric') ? 'numeric' : type]!
}

/** @returns digits in all and after the point, or undefined for another type */
export function numericShape(type: ColumnType): { precision: number; scale: number } | undefined {
  const match = NUMERIC.exec(type)
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined
}
