-- Hours of the first reading of each device after $1, at most until $2: what their gap is depends on what came before $1.
select distinct date_bin(interval '1 hour', first_time, timestamptz '2000-01-01 00:00Z') as bucket
from (select min(time) as first_time from iot_sensor_readings where time >= $1::timestamptz and time < $2::timestamptz group by device_id) as firsts
