-- Computes again every sensor window in which a reading arrived since the last refresh, whatever its age; one statement, one snapshot:
-- an invalidation is visible exactly when its readings are.
with invalidated as (
  delete from window_invalidations where dataset = 'sensors' returning bucket
), stale as (
  select distinct w.minutes, date_bin(make_interval(mins => w.minutes), i.bucket, timestamptz '2000-01-01 00:00Z') as window_start
  from invalidated i cross join unnest($1::integer[]) as w(minutes)
), refreshed as (
  insert into sensor_windows (window_start, window_minutes, sensor_id, reading_count, temperature_avg, temperature_min, temperature_max, humidity_avg, pressure_avg)
  select s.window_start, s.minutes, r.sensor_id, count(*), avg(r.temperature), min(r.temperature), max(r.temperature), avg(r.humidity), avg(r.pressure)
  from stale s
  join sensor_readings r on r.time >= s.window_start and r.time < s.window_start + make_interval(mins => s.minutes)
  group by s.window_start, s.minutes, r.sensor_id
  order by s.minutes, s.window_start, r.sensor_id
  on conflict (window_minutes, window_start, sensor_id) do update set
    reading_count = excluded.reading_count,
    temperature_avg = excluded.temperature_avg,
    temperature_min = excluded.temperature_min,
    temperature_max = excluded.temperature_max,
    humidity_avg = excluded.humidity_avg,
    pressure_avg = excluded.pressure_avg,
    computed_at = now()
  returning window_minutes, (xmax = 0) as is_new
)
select window_minutes, count(*)::integer as windows, count(*) filter (where not is_new)::integer as corrected
from refreshed
group by window_minutes
order by window_minutes
