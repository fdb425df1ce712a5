-- The first device, by name, that has readings from $1 up to $2.
select min(device_id) as device_id from iot_sensor_readings where time >= $1::timestamptz and time < $2::timestamptz
