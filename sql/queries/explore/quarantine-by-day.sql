-- Sensors: how many records went to the quarantine on each day, for which reason, and how many were sent back since?
select date_trunc('day', quarantined_at, 'UTC')::date as day, reason, count(*) as record_count, count(replayed_at) as sent_back
from sensor_readings_invalid cross join unnest(reasons) as reason
group by 1, 2
order by 1 desc, 3 desc, 2
