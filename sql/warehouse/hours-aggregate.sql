-- What was measured in the hours from $1 up to $2, by device; $3 is one device, or null for all. First of two steps: the second adds what was odd.
-- The averages stand before any fact is judged, because a fact is judged by those of earlier days.
with hours as (
  select
    date_bin(interval '1 hour', r.time, timestamptz '2000-01-01 00:00Z') as bucket,
    r.device_id,
    count(*)::integer as reading_count,
    avg(r.value)::double precision as avg_value,
    min(r.value) as min_value,
    max(r.value) as max_value,
    stddev_samp((r.value * 1000)::integer)::double precision / 1000 as stddev_value
  from iot_sensor_readings r
  where r.time >= $1::timestamptz and r.time < $2::timestamptz and ($3::text is null or r.device_id = $3)
  group by 1, 2
)
insert into dwh.fact_hourly_agg as a
  (bucket, device_id, device_key, location_key, device_type, location_id, reading_count, avg_value, min_value, max_value, stddev_value)
select h.bucket, h.device_id, d.device_key, l.location_key, d.device_type, d.location_id, h.reading_count, h.avg_value, h.min_value, h.max_value, h.stddev_value
from hours h
join dwh.dim_devices d on d.device_id = h.device_id and d.valid_from <= h.bucket and h.bucket < d.valid_to
left join dwh.dim_locations l on l.location_id = d.location_id and l.valid_from <= h.bucket and h.bucket < l.valid_to
order by h.bucket, h.device_id
on conflict (bucket, device_id) do update set
  device_key = excluded.device_key,
  location_key = excluded.location_key,
  device_type = excluded.device_type,
  location_id = excluded.location_id,
  reading_count = excluded.reading_count,
  avg_value = excluded.avg_value,
  min_value = excluded.min_value,
  max_value = excluded.max_value,
  stddev_value = excluded.stddev_value,
  computed_at = now()
where (a.device_key, a.location_key, a.device_type, a.location_id, a.reading_count, a.avg_value, a.min_value, a.max_value, a.stddev_value)
  is distinct from (excluded.device_key, excluded.location_key, excluded.device_type, excluded.location_id, excluded.reading_count, excluded.avg_value,
    excluded.min_value, excluded.max_value, excluded.stddev_value)
