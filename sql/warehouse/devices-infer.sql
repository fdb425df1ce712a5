-- Gives a row to each device that has readings from $1 up to $2 and that the registry has not named yet; the registry's own row takes its place.
insert into dwh.dim_devices (device_id, is_inferred, valid_from)
select distinct r.device_id, true, timestamptz '-infinity'
from iot_sensor_readings r
where r.time >= $1::timestamptz and r.time < $2::timestamptz
  and not exists (select from dwh.dim_devices d where d.device_id = r.device_id)
order by r.device_id
on conflict do nothing
