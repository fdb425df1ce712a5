-- Known faults that touch the range of the settings.
copy (
  select device_id, fault_from, fault_to, kind
  from iot_locations.maintenance_log
  where fault_to >= current_setting('sluice.features_from')::timestamptz
    and fault_from < current_setting('sluice.features_to')::timestamptz + current_setting('sluice.features_horizon')::interval
  order by device_id, fault_from, kind
) to stdout (format csv, header)
