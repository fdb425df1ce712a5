-- Sensors: which readings were refused last, and why?
select quarantined_at, time, sensor_id, issues, raw_data
from sensor_readings_invalid
order by id desc
limit 5
