// Which statement computes the windows of a summary again? Put together from a contract's identifiers.
import { type Contract, quoteIdentifier as quoted, type Summary, summaryGroups, summaryMeasures, WINDOW_ORIGIN } from '../contract'

const prefixed = (alias: string, names: readonly string[]) => names.map(name => `${alias}.${quoted(name)}`)

/**
 * The statement that computes a summary's windows again, from the clean table, in which the times from $1 up to, but not including, $2 (both timestamptz[]) are, whatever their age.
 * A window or group without records is removed. Its one row is `windows` (computed), `corrected` (of them, those that were there), `removed`.
 */
export function refreshSql({ table, timeColumn }: Contract, summary: Summary): string {
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
  const ctes = [
    [
      'stale as (',
      '  select w.window_minutes,',
      `    date_bin(length, change_start, timestamptz '${WINDOW_ORIGIN}') as span_start,`,
      `    date_bin(length, change_end - interval '1 microsecond', timestamptz '${WINDOW_ORIGIN}') + length as span_end`,
      `  from unnest(array[${summary.minutes.join(', ')}]) as w(window_minutes)`,
      '  cross join make_interval(mins => w.window_minutes) as length',
      '  cross join unnest($1::timestamptz[], $2::timestamptz[]) as n(change_start, change_end)',
      ')'
    ],
    // windows side by side are read in one go: a year that is new is one span, not 52,704 windows
    [
      'span as (',
      '  select window_minutes, min(span_start) as span_start, max(span_end) as span_end',
      '  from (',
      '    select *, count(*) filter (where is_apart) over (partition by window_minutes order by span_start, span_end) as island',
      '    from (',
      '      select *, span_start > max(span_end) over (',
      '        partition by window_minutes order by span_start, span_end rows between unbounded preceding and 1 preceding) as is_apart',
      '      from stale',
      '    ) s',
      '  ) s',
      '  group by window_minutes, island',
      ')'
    ],
    [
      'computed as materialized (',
      `  select ${computedColumns.join(', ')}`,
      '  from span s',
      `  join ${quoted(table.name)} r on ${time} >= s.span_start and ${time} < s.span_end`,
      `  group by ${['1', '2', ...prefixed('r', groups)].join(', ')}`,
      ')'
    ],
    [
      'removed as (',
      `  delete from ${target} t using span s`,
      '  where t.window_minutes = s.window_minutes and t.window_start >= s.span_start and t.window_start < s.span_end',
      `    and not exists (select from computed c where ${key.map(name => `c.${quoted(name)} = t.${quoted(name)}`).join(' and ')})`,
      '  returning 1',
      ')'
    ],
    [
      'refreshed as (',
      `  insert into ${target} (${[...key, ...values].map(quoted).join(', ')})`,
      `  select ${[...key, ...values].map(quoted).join(', ')} from computed`,
      `  order by ${key.map(quoted).join(', ')}`,
      `  on conflict (${key.map(quoted).join(', ')}) do update set`,
      `    ${values.map(name => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}, computed_at = now()`,
      '  returning (xmax = 0) as is_new',
      ')'
    ]
  ]
  return [
    `with ${ctes.map(lines => lines.join('\n')).join(', ')}`,
    'select count(*)::integer as windows, (count(*) filter (where not is_new))::integer as corrected,',
    '  (select count(*) from removed)::integer as removed',
    'from refreshed'
  ].join('\n')
}
