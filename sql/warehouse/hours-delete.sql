-- Removes hours from $1 up to $2 in which a device has no fact any more; $3 is one device, or null for all.
delete from dwh.fact_hourly_agg a
where a.bucket >= $1::timestamptz and a.bucket < $2::timestamptz and ($3::text is null or a.device_id = $3)
  and not exists (
    select from dwh.fact_sensor_readings_enriched f
    where f.time >= $1 and f.time < $2 and f.device_id = a.device_id and date_bin(interval '1 hour', f.time, timestamptz '2000-01-01 00:00Z') = a.bucket
  )
