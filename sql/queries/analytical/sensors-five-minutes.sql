-- Five-minute averages of each warehouse sensor over the last 30 minutes; on TimescaleDB, time_bucket('5 minutes', time) says the same.
select date_bin(interval '5 minutes', time, timestamptz '2000-01-01 00:00Z') as bucket, sensor_id,
  round(avg(temperature)::numeric, 2) as avg_temperature, round(avg(humidity)::numeric, 2) as avg_humidity, count(*) as reading_count
from sensor_readings
where time > now() - interval '30 minutes'
group by 1, 2
order by bucket desc, sensor_id
