// Which statement computes a dataset's summaries again? Put together from a contract's identifiers.
import { type Contract, quoteIdentifier as quoted, type Summary, summaryGroups, summaryMeasures, WINDOW_ORIGIN } from '../contract'

interface Parts {
  ctes: string[]
  counts: string
}

const prefixed = (alias: string, names: readonly string[]) => names.map(name => `${alias}.${quoted(name)}`)

/**
 * The statement that takes up to $2 rows out of the dataset's ($1) log and computes the windows of all its summaries again from the clean table,
 * whatever their age. One statement, one snapshot: a note is visible exactly when its records are. A window or group without records is removed.
 * Its rows are `table`, `windows` (computed), `corrected` (of them, those that were there), `removed` and `noted` (log rows taken, the same in each).
 */
export function refreshSql(contract: Contract): string {
  const parts = contract.summaries.map((summary, index) => summaryParts(contract, summary, index))
  return [
    'with noted as (',
    '  delete from window_invalidations',
    '  where ctid = any (array(select ctid from window_invalidations where dataset = $1 order by bucket limit $2))',
    '  returning bucket',
    `), ${parts.flatMap(part => part.ctes).join(', ')}`,
    parts.map(part => part.counts).join('\nunion all\n')
  ].join('\n')
}

function summaryParts({ table, timeColumn }: Contract, summary: Summary, index: number): Parts {
  const [stale, span, computed, removed, refreshed] = ['stale', 'span', 'computed', 'removed', 'refreshed'].map(name => `${name}_${index}`)
  const groups = summaryGroups(table.columns, summary).map(({ name }) => name)
  const measures = summaryMeasures(table.columns, summary)
  const values = ['record_count', ...measures.map(({ name }) => name)]
  const key = ['window_minutes', 'window_start', ...groups]
  const time = `r.${quoted(timeColumn!)}`
  const target = quoted(summary.table)
  const length = 'make_interval(mins => s.window_minutes)'
  const computedColumns = [
    's.window_minutes',
    `date_bin(${length}, ${time}, timestamptz '${WINDOW_ORIGIN}') as window_start`,
    ...prefixed('r', groups),
    'count(*) as record_count',
    ...measures.map(({ name, aggregate, of }) => {
      const value = `r.${quoted(of.name)}`
      // an average of doubles would depend on the order of the rows
      return `${aggregate}(${aggregate === 'avg' && of.type === 'double precision' ? `${value}::numeric` : value}) as ${quoted(name)}`
    })
  ]
  return {
    ctes: [
      [
        `${stale} as (`,
        `  select distinct w.window_minutes, date_bin(make_interval(mins => w.window_minutes), n.bucket, timestamptz '${WINDOW_ORIGIN}') as window_start`,
        `  from noted n cross join unnest(array[${summary.minutes.join(', ')}]) as w(window_minutes)`,
        ')'
      ].join('\n'),
      // windows side by side are read in one go: a year that is new is one span, not 52,704
      [
        `${span} as (`,
        '  select s.window_minutes, min(s.window_start) as span_start, max(s.window_start) + make_interval(mins => s.window_minutes) as span_end',
        '  from (',
        '    select window_minutes, window_start,',
        '      window_start - row_number() over (partition by window_minutes order by window_start) * make_interval(mins => window_minutes) as span',
        `    from ${stale}`,
        '  ) s',
        '  group by s.window_minutes, s.span',
        ')'
      ].join('\n'),
      [
        `${computed} as materialized (`,
        `  select ${computedColumns.join(', ')}`,
        `  from ${span} s`,
        `  join ${quoted(table.name)} r on ${time} >= s.span_start and ${time} < s.span_end`,
        `  group by ${['1', '2', ...prefixed('r', groups)].join(', ')}`,
        ')'
      ].join('\n'),
      [
        `${removed} as (`,
        `  delete from ${target} t using ${stale} s`,
        '  where t.window_minutes = s.window_minutes and t.window_start = s.window_start',
        `    and not exists (select from ${computed} c where ${key.map(name => `c.${quoted(name)} = t.${quoted(name)}`).join(' and ')})`,
        '  returning 1',
        ')'
      ].join('\n'),
      [
        `${refreshed} as (`,
        `  insert into ${target} (${[...key, ...values].map(quoted).join(', ')})`,
        `  select ${[...key, ...values].map(quoted).join(', ')} from ${computed}`,
        `  order by ${key.map(quoted).join(', ')}`,
        `  on conflict (${key.map(quoted).join(', ')}) do update set`,
        `    ${values.map(name => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}, computed_at = now()`,
        '  returning (xmax = 0) as is_new',
        ')'
      ].join('\n')
    ],
    counts: [
      `select '${summary.table}' as "table", count(*)::integer as windows, (count(*) filter (where not is_new))::integer as corrected,`,
      `  (select count(*) from ${removed})::integer as removed, (select count(*) from noted)::integer as noted`,
      `from ${refreshed}`
    ].join('\n')
  }
}
