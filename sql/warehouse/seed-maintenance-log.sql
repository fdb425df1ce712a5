-- Faults as the operators note them.
insert into iot_locations.maintenance_log (device_id, fault_from, fault_to, kind)
select * from jsonb_to_recordset($1::jsonb) as s(device_id text, fault_from timestamptz, fault_to timestamptz, kind text)
on conflict do nothing
