-- A page of the device registry that stands in for MySQL: devices after $1, at most $2. Numbers and times as text: nothing is rounded on the way.
select
  d.device_id, t.code as device_type, t.name as type_name, t.unit, t.min_value::text, t.max_value::text, t.accuracy::text, d.location_id,
  d.serial_number::text, d.model, d.firmware_version, d.calibration_offset::text, d.reading_interval_seconds, d.status,
  to_char(d.installed_at, 'YYYY-MM-DD HH24:MI:SS.US') as installed_at, to_char(d.updated_at, 'YYYY-MM-DD HH24:MI:SS.US') as updated_at
from iot_devices.devices d join iot_devices.device_types t on t.device_type_id = d.device_type_id
where d.device_id > $1
order by d.device_id
limit $2
