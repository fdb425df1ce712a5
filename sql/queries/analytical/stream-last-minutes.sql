-- The last ten one-minute windows of the stream.
select * from sensor_readings_stream_agg order by window_start desc, device_id limit 10
