-- Removes hours from $1 up to $2 in which a device has no reading any more.
delete from dwh.fact_hourly_agg a
where a.bucket >= $1::timestamptz and a.bucket < $2::timestamptz and ($3::text is null or a.device_id = $3)
  and not exists (select from iot_sensor_readings r where r.time >= a.bucket and r.time < a.bucket + interval '1 hour' and r.device_id = a.device_id)
