// Which records does a contract allow, when nothing is known of the dataset but its contract?
import { PipelineError } from '../../errors'
import { numericShape } from '../columns'
import { codeStem } from '../field-rules'
import type { Contract, Field, GeneratedRecord, Oracle } from '../types'
import { countReasons, newOracle, Random } from './random'

const CHUNK_RECORDS = 5000
/** As for the simulator: all records lie within this time before now. */
const SPAN_MICROS = 9 * 60_000_000
const DEFAULT_SHARE_INVALID = 0.04
const DEFAULT_SHARE_DUPLICATE = 0.02
/** Numbers without a range are up to this. */
const USUAL_MAXIMUM = 100

export interface RecordOptions {
  count: number
  seed: number
  /** Epoch milliseconds of now. */
  startTimeMs: number
  oracle?: Oracle
}

/**
 * Records with values of the contract's types and ranges, text from its examples. A share (`shareInvalid` of the contract's generator)
 * misses a required field, a share (`shareDuplicate`) repeats the record before it.
 * @throws PipelineError CONTRACT_INVALID when a field has a pattern and no examples
 */
export function* generateRecords(contract: Contract, options: RecordOptions): Generator<GeneratedRecord[]> {
  const { count, oracle = newOracle() } = options
  const random = new Random(options.seed)
  const { shareInvalid = DEFAULT_SHARE_INVALID, shareDuplicate = DEFAULT_SHARE_DUPLICATE } = contract.generator
  const makers = contract.fields.map(field => ({ name: field.name, make: makerOf(contract, field, options) }))
  const required = contract.fields.filter(field => !field.column.nullable)
  let last: GeneratedRecord | undefined
  const next = (index: number): GeneratedRecord => {
    const draw = random.unit()
    oracle.records++
    if (draw < shareDuplicate && last) {
      oracle.duplicate++
      return last
    }
    const object: Record<string, unknown> = {}
    for (const { name, make } of makers) object[name] = make(index, random)
    if (required.length > 0 && draw >= shareDuplicate && draw < shareDuplicate + shareInvalid) {
      const missing = random.pick(required)
      delete object[missing.name]
      countReasons(oracle, [`${codeStem(missing)}_missing`])
      return recordOf(contract, object)
    }
    oracle.valid++
    return (last = recordOf(contract, object))
  }
  for (let from = 0; from < count; from += CHUNK_RECORDS)
    yield Array.from({ length: Math.min(CHUNK_RECORDS, count - from) }, (_, index) => next(from + index))
}

function recordOf(contract: Contract, object: Record<string, unknown>): GeneratedRecord {
  const key = contract.recordKey.map(name => object[name])
  return { key: key.includes(undefined) ? null : key.join('|'), value: JSON.stringify(object) }
}

type Maker = (index: number, random: Random) => unknown

/** A field of the key is different in every record. */
function makerOf(contract: Contract, field: Field, { count, startTimeMs }: RecordOptions): Maker {
  const inKey = contract.table.uniqueKey.includes(field.column.name)
  const { type } = field.column
  if (type === 'timestamptz') {
    if (field.timestamp.kind === 'wall-clock') return index => wallClock(field, startTimeMs, index)
    const step = Math.min(1000, SPAN_MICROS / count)
    return index => isoMicros(Math.floor(startTimeMs) * 1000 - Math.floor((count - index) * step))
  }
  if (type === 'text') return textMaker(contract, field, inKey)
  if (type === 'boolean') return (_, random) => random.chance(0.5)
  if (type === 'date') return index => new Date(startTimeMs - index * 86_400_000).toISOString().slice(0, 10)
  if (type === 'jsonb') return () => ({})
  return numberMaker(field, inKey)
}

function textMaker(contract: Contract, field: Field, inKey: boolean): Maker {
  const examples = field.examples.filter(example => typeof example === 'string')
  if (field.pattern !== undefined && examples.length === 0)
    throw new PipelineError('CONTRACT_INVALID', `${contract.file}: ${field.name} has a pattern and no examples`, {
      remedy: 'Add examples that the generator may use.'
    })
  if (examples.length > 0 && (!inKey || field.pattern !== undefined)) return (_, random) => random.pick(examples)
  const stem = field.column.name.slice(0, Math.max(0, (field.maxLength ?? 100) - 12))
  return (index, random) => `${stem}_${inKey ? index : random.integer(1, 100)}`
}

/** Values on a grid inside the range, so that rounding to the column's scale cannot leave it. */
function numberMaker(field: Field, inKey: boolean): Maker {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = field.range
  const scale = Math.min(numericShape(field.column.type)?.scale ?? (field.column.type === 'double precision' ? 2 : 0), 4)
  const factor = 10 ** scale
  const least = minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1 / factor)
  const most = maximum ?? (exclusiveMaximum === undefined ? Math.max(least, 0) + USUAL_MAXIMUM : exclusiveMaximum - 1 / factor)
  if (inKey) return index => least + index
  return (_, random) => random.integer(Math.ceil(least * factor), Math.floor(most * factor)) / factor
}

function isoMicros(micros: number): string {
  const ms = Math.floor(micros / 1000)
  return `${new Date(ms).toISOString().slice(0, 23)}${String(micros - ms * 1000).padStart(3, '0')}Z`
}

/** Sixty different minutes a day, going back: the hour from noon exists on every day of every zone. */
function wallClock(field: Field, startTimeMs: number, index: number): string {
  const date = new Date(startTimeMs - (1 + Math.floor(index / 60)) * 86_400_000)
  const two = (value: number) => String(value).padStart(2, '0')
  const parts: Record<string, string> = {
    yyyy: String(date.getUTCFullYear()).padStart(4, '0'),
    MM: two(date.getUTCMonth() + 1),
    dd: two(date.getUTCDate()),
    HH: '12',
    mm: two(index % 60),
    ss: '00'
  }
  const pattern = field.timestamp.kind === 'wall-clock' ? field.timestamp.pattern : ''
  return pattern.replace(/[A-Za-z]+/g, token => parts[token] ?? token)
}
