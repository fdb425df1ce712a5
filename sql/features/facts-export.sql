-- What was known of a reading when it came: no column that looks forward, such as the mean of the whole hour, and no verdict of the rules.
-- COPY takes no parameters: the range is in the settings of the transaction.
copy (
  select
    time, device_id, device_type, location_id, value, battery_level, stuck_seconds, gap_seconds
  from dwh.fact_sensor_readings_enriched
  where time >= current_setting('sluice.features_from')::timestamptz and time < current_setting('sluice.features_to')::timestamptz
  order by device_id, time
) to stdout (format csv, header)
