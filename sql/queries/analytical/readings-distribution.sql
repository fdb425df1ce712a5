-- How are the stored readings spread over time: by day, and by hour where a day has less than its share?
select date_bin(interval '1 hour', time, timestamptz '2000-01-01 00:00Z') as hour, count(*) as reading_count, count(distinct device_id) as devices,
  round(100.0 * count(*) / sum(count(*)) over (), 2) as percent
from iot_sensor_readings
where time >= now() - interval '7 days'
group by 1
order by 1
