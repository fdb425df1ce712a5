-- How do the locations compare over the last seven days, by type of device?
select l.name as location, l.city, f.device_type, count(distinct f.device_id) as devices, count(*) as reading_count,
  round(avg(f.value), 2) as avg_value, round(stddev_samp(f.value), 2) as stddev_value,
  round(100.0 * count(*) filter (where f.is_anomaly) / count(*), 2) as anomaly_percent, round(avg(f.quality_score), 3) as avg_quality_score
from dwh.fact_sensor_readings_enriched f
join dwh.dim_locations l using (location_key)
where f.time >= now() - interval '7 days'
group by l.name, l.city, f.device_type
order by f.device_type, avg_value desc
