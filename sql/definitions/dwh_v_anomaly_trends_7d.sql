-- Anomalies of each device and day (UTC) over the last seven days.
create or replace view dwh.v_anomaly_trends_7d as
select
  (f.time at time zone 'UTC')::date as day,
  f.device_id,
  f.device_type,
  f.location_id,
  count(*) as reading_count,
  count(*) filter (where f.is_anomaly) as anomaly_count,
  round(100.0 * count(*) filter (where f.is_anomaly) / count(*), 2) as anomaly_percent,
  max(f.anomaly_score) as max_anomaly_score,
  count(*) filter (where 'spike' = any (f.anomaly_kinds)) as spike_count,
  count(*) filter (where 'drift' = any (f.anomaly_kinds)) as drift_count,
  count(*) filter (where 'stuck' = any (f.anomaly_kinds)) as stuck_count,
  count(*) filter (where 'gap' = any (f.anomaly_kinds)) as gap_count,
  round(avg(f.quality_score), 3) as avg_quality_score
from dwh.fact_sensor_readings_enriched f
where f.time >= now() - interval '7 days'
group by 1, 2, 3, 4
