// Is one record of a dataset good, and if not, for which reasons?
import { hash } from 'node:crypto'
import { UNKNOWN_FIELDS_COLUMN } from './columns'
import { readContent } from './content'
import { compileField, type FieldRule, Findings } from './field-rules'
import { nearest } from './identifiers'
import { shown } from './shown'
import type { Contract, Derived, RawRecord, Reason, RowRule, Validator, Verdict } from './types'

/** Set by the reader of a file on a line that is no record; says why. */
export const UNPARSABLE_HEADER = 'sluice-unparsable'
/** Hex digits of a derived hash: 128 bits, where two of ten thousand million lines meet with a chance of 1 in 10^18. */
const HASH_DIGITS = 32
const MINUTE_MS = 60_000

/**
 * Compiles the rules of a contract. The validator never throws, whatever the record's bytes, and reports every reason, not only the first.
 * Lateness is measured against the record's own timestamp, so that a backlog or a replay gives the same verdict.
 */
export function compileValidator(contract: Contract): Validator {
  const columns = contract.table.columns.map(column => column.name)
  const place = new Map(columns.map((name, index) => [name, index]))
  const rules = contract.fields.map(field => ({
    name: field.name,
    inherited: field.name in {},
    at: place.get(field.column.name)!,
    rule: compileField(field)
  }))
  const check = compileRow(contract, place)
  const unknown = compileUnknown(contract, place)
  const names = new Set(contract.fields.map(field => field.name))
  const freezes = contract.unknownFields === 'freeze'
  const extraAt = contract.quarantineTable.extraColumns.map(column => place.get(column.name)!)
  const refuse = (reasons: Reason[], raw: unknown, row: unknown[] | undefined, drift?: Reason): Verdict => ({
    valid: false,
    reasons,
    raw,
    extra: extraAt.map(at => row?.[at] ?? null),
    ...(freezes && drift ? { frozen: drift } : {})
  })

  return record => {
    const unparsable = record.headers(UNPARSABLE_HEADER)
    if (unparsable)
      return refuse(
        [{ code: 'unparsable_line', message: `Line is no record: ${shown(unparsable.toString('utf8'))}` }],
        undefined,
        undefined
      )
    const content = readContent(record.value)
    const object = content.object
    if (!object) return refuse(content.reasons, content.raw, undefined)
    const findings = new Findings()
    if (content.reasons.length > 0) findings.reasons = content.reasons
    const row: unknown[] = new Array(columns.length).fill(null)
    readFields(rules, object, row, findings)
    unknown?.(object, row, findings)
    check(row, record, findings)
    if (!findings.reasons) return { valid: true, row }
    nameOthers(findings.reasons, object, names)
    return refuse(findings.reasons, content.raw, storable(row), findings.drift)
  }
}

/** Unknown names of a record that are compared with a missing one, and characters of such a name. */
const COMPARED_NAMES = 50
const COMPARED_LENGTH = 64

/** Where a field is missing and an unknown one is called almost like it, the message says so. */
function nameOthers(reasons: Reason[], object: Record<string, unknown>, known: ReadonlySet<string>): void {
  let others: string[] | undefined
  for (const reason of reasons) {
    if (reason.field === undefined || !reason.code.endsWith('_missing')) continue
    others ??= Object.keys(object)
      .filter(name => !known.has(name) && name.length <= COMPARED_LENGTH)
      .slice(0, COMPARED_NAMES)
    const near = nearest(reason.field, others)
    if (near !== undefined) reason.message += `; the message has ${shown(near)}`
  }
}

interface PlacedRule {
  name: string
  /** A name such as `constructor` that every object inherits. */
  inherited: boolean
  at: number
  rule: FieldRule
}

function readFields(rules: PlacedRule[], object: Record<string, unknown>, row: unknown[], findings: Findings): void {
  for (let index = 0; index < rules.length; index++) {
    const { name, inherited, at, rule } = rules[index]!
    row[at] = rule(inherited && !Object.hasOwn(object, name) ? undefined : object[name], findings)
  }
}

/** Text that Postgres refuses was a reason already; its column stays empty in the quarantine. */
function storable(row: unknown[]): unknown[] {
  return row.map(value => (typeof value === 'string' && /\0|\p{Surrogate}/u.test(value) ? null : value))
}

type UnknownRule = (object: Record<string, unknown>, row: unknown[], findings: Findings) => void

/** What is done about fields that the contract does not know; nothing at all under `drop`, which is why that costs nothing. */
function compileUnknown(contract: Contract, place: Map<string, number>): UnknownRule | undefined {
  const policy = contract.unknownFields
  if (policy === 'drop') return undefined
  const known = new Set(contract.fields.map(field => field.name))
  if (policy === 'evolve') {
    const at = place.get(UNKNOWN_FIELDS_COLUMN)!
    return (object, row) => {
      const unknown = Object.entries(object).filter(([name]) => !known.has(name))
      // not by assignment, which a member called __proto__ would not survive
      if (unknown.length > 0) row[at] = Object.fromEntries(unknown)
    }
  }
  return (object, _, findings) => {
    for (const name of Object.keys(object))
      if (!known.has(name)) findings.addDrift('unknown_field', name, `Field is not in the contract: ${shown(name)}`)
  }
}

type RowCheck = (row: unknown[], record: RawRecord, findings: Findings) => void

/** What is asked of the row as a whole: its time, the rules over several fields, and the derived columns of a row that is good so far. */
function compileRow(contract: Contract, place: Map<string, number>): RowCheck {
  const checks: RowCheck[] = [...compileTime(contract, place), ...contract.rules.map(rule => compileRule(rule, place))]
  const derive = contract.derived.map(derived => compileDerived(derived, place))
  return (row, record, findings) => {
    for (const check of checks) check(row, record, findings)
    if (!findings.reasons) for (const each of derive) each(row)
  }
}

function compileTime(contract: Contract, place: Map<string, number>): RowCheck[] {
  const { latenessMs = Number.POSITIVE_INFINITY, aheadMs = Number.POSITIVE_INFINITY, timeColumn } = contract
  if (timeColumn === undefined || (latenessMs === Number.POSITIVE_INFINITY && aheadMs === Number.POSITIVE_INFINITY)) return []
  const at = place.get(timeColumn)!
  const field = contract.fields.find(each => each.column.name === timeColumn)?.name ?? timeColumn
  return [
    (row, record, findings) => {
      const time = row[at]
      // A producer that writes no timestamp (-1) leaves nothing to measure against.
      if (typeof time !== 'number' || record.timestampMs < 0) return
      const age = record.timestampMs - time
      if (age > latenessMs) findings.add('late', field, `Late by ${minutes(age)} minutes: ${instant(time)}`)
      else if (-age > aheadMs) findings.add('in_future', field, `In the future by ${minutes(-age)} minutes: ${instant(time)}`)
    }
  ]
}

const minutes = (ms: number) => Math.floor((ms / MINUTE_MS) * 10) / 10

const instant = (ms: number) => new Date(ms).toISOString()

function compileRule(rule: RowRule, place: Map<string, number>): RowCheck {
  const tests = rule.when.map(test => {
    const at = place.get(test.column)!
    const matches = test.matches === undefined ? undefined : new RegExp(test.matches, 'u')
    const notMatches = test.notMatches === undefined ? undefined : new RegExp(test.notMatches, 'u')
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = test
    const bounded = test.atLeast !== undefined || test.atMost !== undefined
    return (row: unknown[]) => {
      const value = row[at]
      if (value === null) return false
      if (matches && !matches.test(String(value))) return false
      if (notMatches?.test(String(value))) return false
      return !bounded || (Number(value) >= atLeast && Number(value) <= atMost)
    }
  })
  const message = (row: unknown[]) =>
    rule.message.replace(/\{(\w+)\}/g, (whole, column) => (place.has(column) ? shown(row[place.get(column)!]) : whole))
  return (row, _, findings) => {
    if (tests.every(test => test(row))) findings.add(rule.code, rule.field, message(row))
  }
}

function compileDerived(derived: Derived, place: Map<string, number>): (row: unknown[]) => void {
  const at = place.get(derived.column.name)!
  if (derived.kind === 'matches') {
    const of = place.get(derived.of)!
    const pattern = new RegExp(derived.pattern, 'u')
    return row => {
      row[at] = row[of] !== null && pattern.test(String(row[of]))
    }
  }
  const of = derived.of.map(name => place.get(name)!)
  return row => {
    row[at] = hash('sha256', JSON.stringify(of.map(index => row[index])), 'hex').slice(0, HASH_DIGITS)
  }
}
