-- The last reading of each device that the registry knows now, and how long it has been silent.
create or replace view dwh.v_latest_readings as
select
  d.device_id,
  d.device_type,
  d.location_id,
  l.name as location,
  f.time,
  f.value,
  d.unit,
  f.battery_level,
  f.is_anomaly,
  f.anomaly_score,
  f.anomaly_kinds,
  f.quality_score,
  d.status,
  (extract(epoch from now() - f.time) / 60)::integer as silent_minutes
from dwh.dim_devices d
left join dwh.dim_locations l on l.location_id = d.location_id and l.is_current
left join lateral (
  select r.* from dwh.fact_sensor_readings_enriched r where r.device_id = d.device_id order by r.time desc limit 1
) f on true
where d.is_current
