-- Sensors: averages of each over the last hour.
select sensor_id, count(*) as reading_count, round(avg(temperature), 2) as avg_temp, round(avg(humidity), 2) as avg_humidity
from sensor_readings
where time > now() - interval '1 hour'
group by sensor_id
order by sensor_id
