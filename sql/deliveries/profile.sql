-- What do the values of each column of the sample look like? One row a column and part of the file.
with
  trimmed as (select column_no, part, nullif(trim(value), '') as t from sample),
  -- d: what begins as a date, e: its day, when the year stands last and has four digits: of two DuckDB makes the first century; n: what a
  -- program takes for a number; g: what only people do
  shaped as (
    select
      column_no, part, t,
      case when regexp_matches(t, '^\d{1,4}[./-]\d{1,2}[./-]\d') then t end as d,
      nullif(regexp_extract(t, '^(\d{1,2}[./-]\d{1,2}[./-]\d{4})(,? +\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?)?$', 1), '') as e,
      plain_number(t) as n,
      case when plain_number(t) is null and regexp_matches(t, '^[+-]?\d{0,3}[^\w:-]') then t end as g
    from trimmed
  )
select
  column_no,
  part,
  count(t) as filled,
  count_if(n is not null and regexp_full_match(t, '[+-]?(0|[1-9]\d{0,18})') and try_cast(t as bigint) is not null) as integers,
  count_if(n is not null and regexp_full_match(t, '[+-]?0\d+')) as leading_zeros,
  count_if(isfinite(n)) as numbers,
  count_if(not isfinite(n)) as not_finite,
  count_if(coalesce(grouped_number(g, ''), grouped_number(g, '.'), grouped_number(g, ',')) is not null) as grouped,
  count_if(is_ambiguous_number(g, '')) as ambiguous,
  count_if(regexp_full_match(g, '[+-]?(\d{1,3}(\.\d{3})+,\d+|\d*,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)')) as comma_marks,
  count_if(regexp_full_match(case when n is not null then t else g end, '[+-]?(\d{1,3}(,\d{3})+\.\d+|\d*\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)'))
    as point_marks,
  count_if(lower(t) in ('true', 'false')) as booleans,
  count_if(regexp_full_match(d, '\d{4}-\d{2}-\d{2}') and try_cast(d as date) is not null) as dates,
  count_if(regexp_matches(d, '^\d{4}[-/]\d{1,2}[-/]\d') and try_cast(d as timestamptz) is not null) as iso_times,
  count_if(try_strptime(e, getvariable('day_slash')) is not null) as day_slash,
  count_if(try_strptime(e, getvariable('month_slash')) is not null) as month_slash,
  count_if(try_strptime(e, getvariable('day_dot')) is not null) as day_dot,
  count_if(try_strptime(e, getvariable('day_dash')) is not null) as day_dash,
  count_if(try_strptime(e, getvariable('month_dash')) is not null) as month_dash,
  count_if(regexp_full_match(d, '\d{1,4}[./-]\d{1,2}[./-]\d{1,4}')) as bare_dates,
  count_if(regexp_full_match(t, '([01]?\d|2[0-4])(:\d{2}){1,2}(\.\d+)?( ?[AaPp]\.?[Mm]\.?)?')) as clocks,
  count_if(regexp_full_match(t, '\d{1,2}(\.\d{2}){2}')) as dotted_clocks,
  count_if(regexp_full_match(t, '([01]\d|2[0-4])[0-5]\d([0-5]\d)?')) as digit_clocks,
  count_if(regexp_full_match(t, '[\d:]+ ?[AaPp]\.?[Mm]\.?')) as twelve_hour_clocks,
  count_if(try_strptime(t, getvariable('given')) is not null) as given,
  count_if(try_strptime(t, getvariable('given_date')) is not null) as given_dates,
  min(try_cast(t as bigint)) as least,
  max(try_cast(t as bigint)) as most,
  min(g) filter (is_ambiguous_number(g, '')) as ambiguous_example,
  coalesce(first(t) filter (regexp_matches(t, '\d')), first(t) filter (t is not null)) as example
from shaped
group by column_no, part
order by column_no, part
