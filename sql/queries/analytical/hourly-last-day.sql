-- How did each of the last 24 hours go, over all devices of a type? $1 is the type, TEMP for instance.
select bucket, sum(reading_count)::bigint as reading_count,
  round((sum(avg_value * reading_count) / sum(reading_count))::numeric, 2) as avg_value, min(min_value) as min_value, max(max_value) as max_value,
  sum(anomaly_count)::bigint as anomaly_count
from dwh.fact_hourly_agg
where device_type = $1
group by bucket
order by bucket desc
limit 24
