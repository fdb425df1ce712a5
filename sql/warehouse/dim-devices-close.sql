-- Ends the version of each device of which the source says something else now: at the time that the source gives, if it gives another one than before
-- and that lies within the version's; else now, because what was said of the past was true then.
-- $1 are the source's rows.
update dwh.dim_devices d set
  valid_to = case when s.updated_at > greatest(d.valid_from, d.source_updated_at) and d.source_updated_at is not null and s.updated_at < now()
    then s.updated_at else now() end,
  is_current = false
from jsonb_to_recordset($1::jsonb) as s(
    device_id text, device_type text, type_name text, unit text, min_value numeric(12,4), max_value numeric(12,4), accuracy numeric(12,4),
    location_id text, serial_number numeric(20,0), model text, firmware_version text, calibration_offset numeric(12,6),
    reading_interval_seconds integer, status text, installed_at timestamptz, updated_at timestamptz
  )
where d.device_id = s.device_id and d.is_current and not d.is_inferred
  and row(d.device_type, d.type_name, d.unit, d.min_value, d.max_value, d.accuracy, d.location_id, d.serial_number, d.model, d.firmware_version, d.calibration_offset, d.reading_interval_seconds, d.status, d.installed_at)
    is distinct from row(s.device_type, s.type_name, s.unit, s.min_value, s.max_value, s.accuracy, s.location_id, s.serial_number, s.model, s.firmware_version, s.calibration_offset, s.reading_interval_seconds, s.status, s.installed_at)
returning d.valid_to
