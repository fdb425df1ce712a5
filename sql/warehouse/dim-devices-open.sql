-- Begins a version of each device that has none now: where the last one ended, or ever since. $1 are the source's rows.
insert into dwh.dim_devices (device_id, device_type, type_name, unit, min_value, max_value, accuracy, location_id, serial_number, model, firmware_version, calibration_offset, reading_interval_seconds, status, installed_at, source_updated_at, valid_from)
select s.device_id, s.device_type, s.type_name, s.unit, s.min_value, s.max_value, s.accuracy, s.location_id, s.serial_number, s.model, s.firmware_version, s.calibration_offset, s.reading_interval_seconds, s.status, s.installed_at, s.updated_at,
  coalesce((select max(d.valid_to) from dwh.dim_devices d where d.device_id = s.device_id), timestamptz '-infinity')
from jsonb_to_recordset($1::jsonb) as s(
    device_id text, device_type text, type_name text, unit text, min_value numeric(12,4), max_value numeric(12,4), accuracy numeric(12,4),
    location_id text, serial_number numeric(20,0), model text, firmware_version text, calibration_offset numeric(12,6),
    reading_interval_seconds integer, status text, installed_at timestamptz, updated_at timestamptz
  )
where not exists (select from dwh.dim_devices d where d.device_id = s.device_id and d.is_current)
order by s.device_id
