-- The simulated building's devices, where they are not known yet.
insert into iot_devices.devices
  (device_id, device_type_id, location_id, serial_number, model, firmware_version, calibration_offset, reading_interval_seconds, status, installed_at, updated_at)
select * from jsonb_to_recordset($1::jsonb) as s(
  device_id text, device_type_id integer, location_id text, serial_number numeric, model text, firmware_version text, calibration_offset numeric,
  reading_interval_seconds integer, status text, installed_at timestamp, updated_at timestamp)
on conflict do nothing
