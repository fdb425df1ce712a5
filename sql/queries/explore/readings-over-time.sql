-- Sensors: how are the readings of the last day distributed over its hours? Hours without any are shown too.
select hour, count(r.time) as reading_count, count(distinct r.sensor_id) as sensor_count
from generate_series(date_trunc('hour', now() - interval '23 hours'), date_trunc('hour', now()), interval '1 hour') as hour
left join sensor_readings r on r.time >= hour and r.time < hour + interval '1 hour'
group by hour
order by hour
