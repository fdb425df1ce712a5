-- Sensors: how do the locations compare over the last day?
select coalesce(location, 'unknown') as location, count(*) as reading_count, count(distinct sensor_id) as sensor_count,
  round(avg(temperature), 2) as avg_temp, min(temperature) as min_temp, max(temperature) as max_temp, round(stddev_samp(temperature), 2) as stddev_temp,
  round(avg(humidity), 2) as avg_humidity, round(avg(pressure), 2) as avg_pressure
from sensor_readings
where time > now() - interval '1 day'
group by 1
order by 1
