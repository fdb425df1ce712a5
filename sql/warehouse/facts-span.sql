-- The hours of the first and the last fact, and of the first and the last reading between $1 and $2; nulls where there are none; and for
-- how many days facts are kept, at most a lifetime.
select
  (select coalesce(max(keep_days), 36500) from dwh.table_policies where table_name = 'fact_sensor_readings_enriched') as keep_days,
  (select date_bin(interval '1 hour', min(bucket), timestamptz '2000-01-01 00:00Z') from dwh.fact_hourly_agg) as first_fact,
  (select date_bin(interval '1 hour', min(time), timestamptz '2000-01-01 00:00Z') from iot_sensor_readings where time >= $1::timestamptz and time < $2::timestamptz) as first_reading,
  (select date_bin(interval '1 hour', max(time), timestamptz '2000-01-01 00:00Z') from iot_sensor_readings where time >= $1::timestamptz and time < $2::timestamptz) as last_reading
