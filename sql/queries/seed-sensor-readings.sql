-- Sample readings, with their minutes noted for the windows.
with readings as (
  insert into sensor_readings (time, sensor_id, temperature, humidity, pressure, location)
  select * from unnest($1::timestamptz[], $2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::text[])
  on conflict do nothing
  returning time
)
insert into window_invalidations (dataset, bucket)
select distinct 'sensors', date_trunc('minute', time) from readings
