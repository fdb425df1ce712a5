-- Which devices need somebody to look at them: silent, low on battery, or of low quality?
select v.device_id, v.location, v.silent_minutes, v.battery_level, q.avg_quality_score, q.failed_rules
from dwh.v_latest_readings v
left join lateral (
  select round(avg(f.quality_score), 3) as avg_quality_score,
    (select array_agg(distinct rule order by rule) from dwh.fact_sensor_readings_enriched g, unnest(g.failed_rules) as u(rule)
     where g.device_id = v.device_id and g.time >= now() - interval '1 day') as failed_rules
  from dwh.fact_sensor_readings_enriched f
  where f.device_id = v.device_id and f.time >= now() - interval '1 day'
) q on true
where v.silent_minutes is null or v.silent_minutes > 60 or v.battery_level < 10 or q.avg_quality_score < 0.9
order by v.silent_minutes desc nulls first, v.device_id
