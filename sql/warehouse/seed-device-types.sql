-- The simulated building's device types, where they are not known yet.
insert into iot_devices.device_types (device_type_id, code, name, unit, min_value, max_value, accuracy)
select * from jsonb_to_recordset($1::jsonb) as s(
  device_type_id integer, code text, name text, unit text, min_value numeric, max_value numeric, accuracy numeric)
on conflict do nothing
