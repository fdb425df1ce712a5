// What changes between two versions of a contract, whom does it break, and which version number does it ask for?
import { type Bump, type Change, change, isSame, type Judgement } from './change'
import { diffFields } from './diff-fields'
import type { Contract, UnknownFields } from './types'

export type { Broken, Bump, Change } from './change'

export interface ContractDiff {
  dataset: string
  from: string
  to: string
  changes: Change[]
  /** What the changes ask for, and what the version number does. */
  asked: Bump
  given: Bump
  /** Whether something breaks that the version number does not tell. */
  isUndeclared: boolean
}

const RESET = 'The old rows stay where they are; the new place starts empty.'
const REPLAY = 'Tell the producers; what is quarantined meanwhile can be sent back with `sluice quarantine replay`.'

const unset = (value: number | undefined) => value ?? Number.POSITIVE_INFINITY

/** From the most to the least that a policy takes; each takes all that the ones after it take. */
const strictness: Record<UnknownFields, number> = { evolve: 0, drop: 0, quarantine: 1, freeze: 2 }

function changedPolicy(before: UnknownFields, after: UnknownFields): Judgement {
  const breaks: Judgement['breaks'] = []
  if (strictness[after] > strictness[before]) breaks.push('writers')
  if (before === 'evolve') breaks.push('readers')
  const remedies = [
    ...(breaks.includes('writers') ? [REPLAY] : []),
    ...(breaks.includes('readers') ? ['unknown_fields keeps its values and stays empty in new rows.'] : [])
  ]
  return { breaks, remedy: remedies.join(' ') }
}

function changedList(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.some(each => !after.some(other => isSame(each, other)))
}

const withoutStep = ({ incrementalLoad }: Contract) =>
  incrementalLoad && { ...incrementalLoad, lagSeconds: undefined, initialWatermarkValue: undefined }

/** For each part of a contract beside its fields how a change of it is judged. */
const parts: [path: string, of: (contract: Contract) => unknown, judge: (before: Contract, after: Contract) => Judgement][] = [
  ['physicalName', ({ table }) => table.name, () => ({ breaks: ['readers'], remedy: RESET })],
  [
    'key',
    ({ table }) => table.uniqueKey,
    () => ({
      breaks: ['readers', 'migration'],
      remedy: 'Rows that are there may not be distinct: make a new table by another physicalName.'
    })
  ],
  [
    'defaulted',
    ({ table }) => table.defaulted,
    (before, after) => (changedList(before.table.defaulted, after.table.defaulted) ? { breaks: ['readers'] } : {})
  ],
  ['store', ({ store }) => store, () => ({ breaks: ['readers'], remedy: RESET })],
  [
    'topic.name',
    ({ topic }) => topic.name,
    () => ({ breaks: ['writers'], remedy: 'Change the topic of the mapping in serverless.yml too, and let the old topic drain first.' })
  ],
  [
    'topic.partitions',
    ({ topic }) => topic.partitions,
    () => ({ bump: 'patch', remedy: 'A topic that is there keeps its partitions; change them with a tool of Kafka.' })
  ],
  [
    'recordKey',
    ({ recordKey }) => recordKey,
    () => ({ breaks: ['writers'], remedy: 'Records of one key go to another partition: their order is lost across the change.' })
  ],
  [
    'source',
    ({ source: { columns: _, ...source } }) => source,
    () => ({ breaks: ['writers'], remedy: 'Files of the old form are not read any more.' })
  ],
  ['source.columns', csvColumns, () => ({ breaks: ['writers'], remedy: 'The header of a file must have the columns in this order.' })],
  ['quarantine.table', ({ quarantineTable }) => quarantineTable.name, () => ({ breaks: ['readers'], remedy: RESET })],
  [
    'quarantine.extraColumns',
    ({ quarantineTable }) => quarantineTable.extraColumns.map(column => column.name),
    (before, after) =>
      changedList(
        before.quarantineTable.extraColumns.map(column => column.name),
        after.quarantineTable.extraColumns.map(column => column.name)
      )
        ? { breaks: ['readers'], remedy: 'The column keeps its values and stays empty in new rows.' }
        : {}
  ],
  [
    'timeColumn',
    ({ timeColumn }) => timeColumn,
    () => ({ breaks: ['writers', 'readers'], remedy: 'Lateness and windows are counted from another time.' })
  ],
  [
    'lateAfterMinutes',
    ({ latenessMs }) => latenessMs && latenessMs / 60_000,
    (before, after) => (unset(after.latenessMs) >= unset(before.latenessMs) ? {} : { breaks: ['writers'], remedy: REPLAY })
  ],
  [
    'aheadToleranceMinutes',
    ({ aheadMs }) => aheadMs && aheadMs / 60_000,
    (before, after) => (unset(after.aheadMs) >= unset(before.aheadMs) ? {} : { breaks: ['writers'], remedy: REPLAY })
  ],
  [
    'summaries',
    ({ summaries }) => summaries,
    (before, after) =>
      changedList(before.summaries, after.summaries)
        ? { breaks: ['readers'], remedy: 'The summary is made again from the rows that are there.' }
        : {}
  ],
  [
    'rules',
    ({ rules }) => rules.map(({ message: _, ...rule }) => rule),
    (before, after) =>
      changedList(
        after.rules.map(({ message: _, ...rule }) => rule),
        before.rules.map(({ message: _, ...rule }) => rule)
      )
        ? { breaks: ['writers'], remedy: REPLAY }
        : {}
  ],
  ['rules.message', ({ rules }) => Object.fromEntries(rules.map(({ code, message }) => [code, message])), () => ({ bump: 'patch' })],
  ['unknownFields', ({ unknownFields }) => unknownFields, (before, after) => changedPolicy(before.unknownFields, after.unknownFields)],
  [
    'duplicates',
    ({ duplicates }) => duplicates,
    (_, after) =>
      after.duplicates === 'replace'
        ? { breaks: ['readers'], remedy: 'Rows may change after they were read.' }
        : { breaks: ['writers'], remedy: 'Corrections are counted as duplicates and not stored.' }
  ],
  [
    'incrementalLoad',
    withoutStep,
    before =>
      before.incrementalLoad === undefined
        ? {}
        : {
            breaks: ['writers'],
            remedy: 'The saved cursor belongs to the old one: extract once from the start, repeats are counted as duplicates.'
          }
  ],
  ['landing', ({ landing }) => landing, () => ({ bump: 'patch' })],
  [
    'retention',
    ({ retentionDays }) => retentionDays,
    (before, after) =>
      unset(after.retentionDays) >= unset(before.retentionDays) ? {} : { breaks: ['readers'], remedy: 'Rows go away earlier.' }
  ],
  ['topic.compression', ({ topic }) => topic.compression, () => ({ bump: 'patch' })],
  [
    'warehouse',
    ({ warehouse }) => warehouse,
    (_, after) => (after.warehouse ? {} : { breaks: ['readers'], remedy: 'The warehouse no longer follows the dataset.' })
  ],
  ['description', ({ description }) => description, () => ({ bump: 'patch' })],
  ['generator', ({ generator }) => generator, () => ({ bump: 'patch' })]
]

/** The order of the fields that both have: added and removed ones are changes of their own. */
function csvColumns(contract: Contract): string[] | undefined {
  return contract.source.kind === 'csv' ? contract.source.columns : undefined
}

const order: Bump[] = ['none', 'patch', 'minor', 'major']

/** What `to` is beside `from`; `none` where it is the same or goes back. */
export function bumpBetween(from: string, to: string): Bump {
  const [a, b] = [from, to].map(version => version.split('.').map(Number))
  for (const [index, bump] of (['major', 'minor', 'patch'] as const).entries()) {
    if (b![index]! > a![index]!) return bump
    if (b![index]! < a![index]!) return 'none'
  }
  return 'none'
}

/**
 * Compares two versions of one dataset's contract; pure. In the versions 0.x.y a minor number declares a break (Semantic Versioning 2.0.0, 4).
 * @param before as it is applied
 * @param after as it is to be
 */
export function diffContracts(before: Contract, after: Contract): ContractDiff {
  const isReordered = isSame([...before.source.columns].sort(), [...after.source.columns].sort())
  const changes = [
    ...diffFields(before, after),
    ...parts
      // an added or a removed field is a change of its own
      .filter(([path]) => path !== 'source.columns' || isReordered)
      .flatMap(([path, of, judge]) => (isSame(of(before), of(after)) ? [] : [change(path, of(before), of(after), judge(before, after))]))
  ]
  // another table is made from nothing: no row is there that could not survive
  if (before.table.name !== after.table.name) for (const each of changes) each.breaks = each.breaks.filter(broken => broken !== 'migration')
  const asked = changes.reduce<Bump>((most, { bump }) => (order.indexOf(bump) > order.indexOf(most) ? bump : most), 'none')
  const given = bumpBetween(before.version, after.version)
  const declares = before.version.startsWith('0.') ? 'minor' : 'major'
  const isUndeclared = asked === 'major' && order.indexOf(given) < order.indexOf(declares)
  return { dataset: after.dataset, from: before.version, to: after.version, changes, asked, given, isUndeclared }
}

/** The lowest version number that declares the changes. */
export function versionAsked({ from, asked }: Pick<ContractDiff, 'from' | 'asked'>): string {
  const [major = 0, minor = 0, patch = 0] = from.split('.').map(Number)
  if (asked === 'major' && major > 0) return `${major + 1}.0.0`
  if (asked === 'major' || asked === 'minor') return `${major}.${minor + 1}.0`
  return asked === 'patch' ? `${major}.${minor}.${patch + 1}` : from
}
