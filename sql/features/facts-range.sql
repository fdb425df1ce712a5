-- From when to when are there facts, within $1 (inclusive) and $2 (exclusive), where given?
select min(time) as first_time, max(time) as last_time, count(*)::bigint as row_count
from dwh.fact_sensor_readings_enriched
where ($1::timestamptz is null or time >= $1) and ($2::timestamptz is null or time < $2)
