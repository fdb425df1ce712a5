-- A page of the device registry in MySQL: devices after the first parameter, at most the second.
select
  d.device_id, t.code as device_type, t.name as type_name, t.unit, t.min_value, t.max_value, t.accuracy, d.location_id,
  d.serial_number, d.model, d.firmware_version, d.calibration_offset, d.reading_interval_seconds, d.status, d.installed_at, d.updated_at
from devices d join device_types t on t.device_type_id = d.device_type_id
where d.device_id > ?
order by d.device_id
limit ?
