-- DuckDB: features of every reading from the tables facts and faults. Sums run over whole thousandths: exact, so that the same facts give
-- the same bytes however they are cut and computed. Every window ends before the reading that it describes, so that
-- nothing of a feature was not known by then; only the label looks forward, by the variable horizon.
-- The variables valid_from and test_from cut by time; gap keeps what looks back, and horizon what looks forward, from reaching over a cut.
create or replace table features as
with
  windowed as (
    select
      time,
      device_id,
      device_type,
      location_id,
      value,
      battery_level,
      stuck_seconds,
      gap_seconds,
      lag(time) over device as previous_time,
      lag(value, 1) over device as value_lag_1,
      lag(value, 2) over device as value_lag_2,
      lag(value, 3) over device as value_lag_3,
      count(*) over past_15m as count_15m,
      sum(x) over past_15m as sum_15m,
      sum(x * x) over past_15m as squares_15m,
      count(*) over past_1h as count_1h,
      sum(x) over past_1h as sum_1h,
      sum(x * x) over past_1h as squares_1h,
      min(value) over past_1h as min_1h,
      max(value) over past_1h as max_1h,
      count(*) over past_24h as count_24h,
      sum(x) over past_24h as sum_24h,
      sum(x * x) over past_24h as squares_24h,
      sum(x) over day_before / count(*) over day_before / 1000 as mean_day_before
    from (select *, round(value * 1000)::hugeint as x from facts)
    window
      device as (partition by device_id order by time),
      past_15m as (partition by device_id order by time range between interval 15 minutes preceding and interval 1 microsecond preceding),
      past_1h as (partition by device_id order by time range between interval 1 hour preceding and interval 1 microsecond preceding),
      past_24h as (partition by device_id order by time range between interval 24 hours preceding and interval 1 microsecond preceding),
      day_before as (
        partition by device_id order by time
        range between interval '24 hours 30 minutes' preceding and interval '23 hours 30 minutes' preceding
      )
  ),
  measured as (
    select
      * exclude (sum_15m, squares_15m, sum_1h, squares_1h, count_24h, sum_24h, squares_24h),
      sum_15m / count_15m / 1000 as mean_15m,
      sqrt((count_15m * squares_15m - sum_15m * sum_15m) / nullif(count_15m * (count_15m - 1), 0)) / 1000 as stddev_15m,
      sum_1h / count_1h / 1000 as mean_1h,
      sqrt((count_1h * squares_1h - sum_1h * sum_1h) / nullif(count_1h * (count_1h - 1), 0)) / 1000 as stddev_1h,
      sum_24h / count_24h / 1000 as mean_24h,
      sqrt((count_24h * squares_24h - sum_24h * sum_24h) / nullif(count_24h * (count_24h - 1), 0)) / 1000 as stddev_24h
    from windowed
  ),
  labelled as (
    -- a reading after a dropout is the first to show it
    select w.time, w.device_id, min(f.kind) as label_kind
    from measured w
    join faults f on f.device_id = w.device_id
      and f.fault_from <= w.time + getvariable('horizon')
      and f.fault_to >= case when f.kind = 'dropout' then coalesce(w.previous_time, w.time) else w.time end
    group by w.time, w.device_id
  )
select
  w.* exclude (previous_time),
  value - value_lag_1 as delta_1,
  (value - mean_1h) / nullif(stddev_1h, 0) as z_1h,
  (value - mean_24h) / nullif(stddev_24h, 0) as z_24h,
  (mean_1h - mean_day_before) / nullif(stddev_24h, 0) as drift_day,
  extract(hour from w.time)::integer as hour_of_day,
  sin(2 * pi() * (extract(hour from w.time) * 60 + extract(minute from w.time)) / 1440) as day_sin,
  cos(2 * pi() * (extract(hour from w.time) * 60 + extract(minute from w.time)) / 1440) as day_cos,
  extract(isodow from w.time)::integer as day_of_week,
  extract(isodow from w.time) >= 6 as is_weekend,
  l.label_kind is not null as label,
  l.label_kind,
  case
    when w.time + getvariable('horizon') < getvariable('valid_from') then 'train'
    when w.time >= getvariable('valid_from') + getvariable('gap') and w.time + getvariable('horizon') < getvariable('test_from') then 'valid'
    when w.time >= getvariable('test_from') + getvariable('gap') then 'test'
    else 'gap'
  end as split
from measured w
left join labelled l using (time, device_id)
order by w.device_id, w.time
