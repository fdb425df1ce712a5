-- Adds to the hours from $1 up to $2 how many of their facts are odd and how good they are; $3 is one device, or null for all.
update dwh.fact_hourly_agg a
set anomaly_count = f.anomaly_count, avg_quality_score = f.avg_quality_score, computed_at = now()
from (
  select
    date_bin(interval '1 hour', time, timestamptz '2000-01-01 00:00Z') as bucket,
    device_id,
    (count(*) filter (where is_anomaly))::integer as anomaly_count,
    round(avg(quality_score), 3) as avg_quality_score
  from dwh.fact_sensor_readings_enriched
  where time >= $1::timestamptz and time < $2::timestamptz and ($3::text is null or device_id = $3)
  group by 1, 2
) f
where a.bucket >= $1 and a.bucket < $2 and a.bucket = f.bucket and a.device_id = f.device_id
  and (a.anomaly_count, a.avg_quality_score) is distinct from (f.anomaly_count, f.avg_quality_score)
