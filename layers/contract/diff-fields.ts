// How does each field, and the column it goes to, differ between two versions of a contract?
import { type Change, change, isSame, type Judgement } from './change'
import { numericShape } from './columns'
import { nearest } from './identifiers'
import { widens } from './tables'
import type { Contract, Derived, Field, Range } from './types'

const DUAL_WRITE = 'Let producers send the new form first, then change the contract; records that come in the old form are quarantined.'
const REPLAY = 'Tell the producers; what is quarantined meanwhile can be sent back with `sluice quarantine replay`.'
const VIEW = 'Tell the readers, or give them a view that has the old form.'
const NEW_COLUMN = 'Add a field with a new column instead, fill it, and drop the old one later.'

/** Changes of the fields and of their columns, in the order of the newer contract, removed ones last. */
export function diffFields(before: Contract, after: Contract): Change[] {
  const old = new Map(before.fields.map(field => [field.name, field]))
  const kept = new Set(after.fields.map(field => field.name))
  const gone = before.fields.filter(field => !kept.has(field.name))
  return [
    ...after.fields.flatMap(field =>
      old.has(field.name) ? diffField(before, old.get(field.name)!, field) : [added(before, after, field, gone)]
    ),
    ...gone.map(field => removed(after, field)),
    ...diffDerived(before.derived, after.derived)
  ]
}

const columnText = ({ column }: { column: Field['column'] }) => `${column.type}${column.nullable ? '' : ' not null'}`

function added(before: Contract, after: Contract, field: Field, gone: readonly Field[]): Change {
  const renamed = nearest(
    field.name,
    gone.map(each => each.name)
  )
  const hint = renamed ? ` If it is ${renamed} under another name, keep ${renamed} until no producer sends it.` : ''
  const required = !field.column.nullable
  const csv = after.source.kind === 'csv'
  const judgement: Judgement = required
    ? { breaks: ['writers', 'migration'], remedy: `Make it required: false; rows and producers that are there have no value.${hint}` }
    : csv
      ? { breaks: ['writers'], remedy: `Files without the column are not read any more: produce them with it first.${hint}` }
      : { remedy: before.unknownFields === 'evolve' ? `Values that came before are filled in from unknown_fields.${hint}` : hint.trim() }
  return change(`fields.${field.name}`, undefined, columnText(field), judgement)
}

function removed(after: Contract, field: Field): Change {
  const refusing = after.unknownFields === 'quarantine' || after.unknownFields === 'freeze' || after.source.kind === 'csv'
  return change(`fields.${field.name}`, columnText(field), undefined, {
    breaks: refusing ? ['writers', 'readers'] : ['readers'],
    remedy: `The column keeps its values and stays empty in new rows. Tell the readers${refusing ? ', and let producers stop sending it first' : ''}.`
  })
}

type FieldRule = (before: Field, after: Field, contract: Contract) => Judgement | undefined

/** For each part of a field how a change of it is judged; undefined where it is the same. */
const parts: [path: string, of: (field: Field) => unknown, rule: FieldRule][] = [
  ['physicalName', field => field.column.name, renamedColumn],
  ['physicalType', field => field.column.type, (before, after) => changedType(before, after)],
  ['required', field => !field.column.nullable, (_, after) => changedNullability(after)],
  ['range', field => field.range, (before, after) => changedRange(before.range, after.range)],
  [
    'maxLength',
    field => field.maxLength,
    (before, after) => (longer(before.maxLength, after.maxLength) ? {} : { breaks: ['writers'], remedy: REPLAY })
  ],
  [
    'pattern',
    field => field.pattern,
    (_, after) =>
      after.pattern === undefined
        ? {}
        : { breaks: ['writers'], remedy: `${REPLAY} Whether the new pattern takes all that the old one took cannot be told.` }
  ],
  ['fromText', field => field.fromText, (before, after) => (readsMore(before, after) ? {} : { breaks: ['writers'], remedy: DUAL_WRITE })],
  [
    'timestamp',
    field => field.timestamp,
    () => ({ breaks: ['writers', 'readers'], remedy: `${DUAL_WRITE} Rows that are there were read the old way.` })
  ],
  [
    'normalise',
    field => field.normalise,
    () => ({ breaks: ['readers'], remedy: `Rows that are there keep the old form: values of before and after do not compare. ${VIEW}` })
  ],
  [
    'unit',
    field => field.unit,
    () => ({ breaks: ['writers', 'readers'], remedy: `Numbers of before and after do not compare. ${NEW_COLUMN}` })
  ],
  ['pii', field => field.pii, () => ({ bump: 'minor', remedy: 'Masks and exports follow at the next start.' })],
  ['classification', field => field.classification, () => ({ bump: 'minor' })],
  ['businessName', field => field.label, () => ({ bump: 'patch' })],
  ['examples', field => field.examples, () => ({ bump: 'patch' })]
]

function diffField(contract: Contract, before: Field, after: Field): Change[] {
  return parts.flatMap(([path, of, rule]) => {
    if (isSame(of(before), of(after))) return []
    const judgement = rule(before, after, contract)
    return judgement ? [change(`fields.${after.name}.${path}`, of(before), of(after), judgement)] : []
  })
}

function renamedColumn(_before: Field, after: Field): Judgement {
  const breaks: Judgement['breaks'] = after.column.nullable ? ['readers'] : ['readers', 'migration']
  return { breaks, remedy: `The old column stays with its values and a new, empty one is made. ${VIEW}` }
}

function changedType(before: Field, after: Field): Judgement {
  if (widens(before.column.type, after.column.type)) return {}
  const [from, to] = [numericShape(before.column.type), numericShape(after.column.type)]
  const narrower = from !== undefined && to !== undefined && to.precision - to.scale < from.precision - from.scale
  const sameKind = (from === undefined) === (to === undefined) && from !== undefined
  return {
    breaks: sameKind && !narrower ? ['readers', 'migration'] : ['writers', 'readers', 'migration'],
    remedy: NEW_COLUMN
  }
}

function changedNullability(after: Field): Judgement {
  return after.column.nullable
    ? { breaks: ['readers'], remedy: `The column may be empty from now on. ${VIEW}` }
    : { breaks: ['writers', 'migration'], remedy: 'Rows that are there may have no value: fill them by a migration of your own first.' }
}

/** Whether every value that the old range takes is taken by the new one. */
function changedRange(before: Range, after: Range): Judgement {
  const lower = (range: Range) => Math.max(range.minimum ?? Number.NEGATIVE_INFINITY, range.exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
  const upper = (range: Range) => Math.min(range.maximum ?? Number.POSITIVE_INFINITY, range.exclusiveMaximum ?? Number.POSITIVE_INFINITY)
  const takes = (range: Range, value: number) =>
    !Number.isFinite(value) ||
    (value >= (range.minimum ?? value) &&
      value <= (range.maximum ?? value) &&
      !(range.exclusiveMinimum !== undefined && value <= range.exclusiveMinimum) &&
      !(range.exclusiveMaximum !== undefined && value >= range.exclusiveMaximum))
  const includes = (bound: (range: Range) => number, isWider: boolean) =>
    isWider || (bound(before) === bound(after) && (takes(after, bound(before)) || !takes(before, bound(before))))
  const wider = includes(lower, lower(after) < lower(before)) && includes(upper, upper(after) > upper(before))
  return wider ? { remedy: 'Readers may see values beyond the old range.' } : { breaks: ['writers'], remedy: REPLAY }
}

const longer = (before: number | undefined, after: number | undefined) => after === undefined || (before !== undefined && after >= before)

/** Whether all text that was read as a number still is, and as the same one. */
function readsMore({ fromText: before }: Field, { fromText: after }: Field): boolean {
  if (before === undefined) return true
  if (after === undefined || (before.decimal ?? '.') !== (after.decimal ?? '.')) return false
  return [...before.remove].every(character => after.remove.includes(character))
}

function diffDerived(before: readonly Derived[], after: readonly Derived[]): Change[] {
  const old = new Map(before.map(derived => [derived.column.name, derived]))
  const kept = new Set(after.map(derived => derived.column.name))
  return [
    ...after.flatMap(derived => {
      const path = `derived.${derived.column.name}`
      const was = old.get(derived.column.name)
      if (!was)
        return [
          change(path, undefined, derived, {
            breaks: derived.column.nullable ? [] : ['migration'],
            remedy: derived.column.nullable
              ? 'Rows that are there have no value.'
              : 'Make it required: false; rows that are there have no value.'
          })
        ]
      if (isSame(was, derived)) return []
      const breaks: Judgement['breaks'] = isSame(was.column, derived.column) ? ['readers'] : ['readers', 'migration']
      return [
        change(path, was, derived, {
          breaks,
          remedy: 'Rows that are there keep the value of the old rule; in a key, repeats of them are no longer recognised.'
        })
      ]
    }),
    ...before
      .filter(derived => !kept.has(derived.column.name))
      .map(derived => change(`derived.${derived.column.name}`, derived, undefined, { breaks: ['readers'], remedy: VIEW }))
  ]
}
