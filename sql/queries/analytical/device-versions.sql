-- What did the registry say of a device, and when? $1 is the device.
select d.valid_from, d.valid_to, d.is_current, d.location_id, d.firmware_version, d.calibration_offset, d.status
from dwh.dim_devices d
where d.device_id = $1
order by d.valid_from
