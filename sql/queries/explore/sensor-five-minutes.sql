-- Sensors: averages of five minutes over the last thirty, from the readings themselves; date_bin is Postgres' time_bucket.
select date_bin(interval '5 minutes', time, timestamptz '2000-01-01 00:00Z') as bucket, sensor_id,
  count(*) as reading_count, round(avg(temperature)::numeric, 2) as avg_temp
from sensor_readings
where time > now() - interval '30 minutes'
group by bucket, sensor_id
order by bucket desc, sensor_id
