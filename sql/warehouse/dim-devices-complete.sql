-- Puts what the source says of a device into the row that was inferred for it. $1 are the source's rows.
update dwh.dim_devices d set
  device_type = s.device_type, type_name = s.type_name, unit = s.unit, min_value = s.min_value, max_value = s.max_value,
  accuracy = s.accuracy, location_id = s.location_id, serial_number = s.serial_number, model = s.model,
  firmware_version = s.firmware_version, calibration_offset = s.calibration_offset, reading_interval_seconds = s.reading_interval_seconds,
  status = s.status, installed_at = s.installed_at,
  source_updated_at = s.updated_at, is_inferred = false
from jsonb_to_recordset($1::jsonb) as s(
    device_id text, device_type text, type_name text, unit text, min_value numeric(12,4), max_value numeric(12,4), accuracy numeric(12,4),
    location_id text, serial_number numeric(20,0), model text, firmware_version text, calibration_offset numeric(12,6),
    reading_interval_seconds integer, status text, installed_at timestamptz, updated_at timestamptz
  )
where d.device_id = s.device_id and d.is_current and d.is_inferred
returning d.valid_from
