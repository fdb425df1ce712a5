-- Do readings arrive? How many came in the last minute, and when was the last?
select count(*) as reading_count, max(time) as last_time from iot_sensor_readings where time > now() - interval '1 minute'
