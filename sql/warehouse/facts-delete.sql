-- Removes facts from $1 up to $2 whose reading is not there any more; $3 is one device, or null for all.
delete from dwh.fact_sensor_readings_enriched f
where f.time >= $1::timestamptz and f.time < $2::timestamptz and ($3::text is null or f.device_id = $3)
  and not exists (select from iot_sensor_readings r where r.time >= $1 and r.time < $2 and r.time = f.time and r.device_id = f.device_id)
