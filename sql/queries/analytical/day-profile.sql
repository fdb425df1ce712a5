-- What does a usual day of a device look like, hour by hour (UTC)? $1 is the device.
select extract(hour from bucket at time zone 'UTC')::integer as hour, count(*) as days,
  round(percentile_cont(0.5) within group (order by avg_value)::numeric, 2) as usual_value, min(min_value) as min_value, max(max_value) as max_value
from dwh.fact_hourly_agg
where device_id = $1 and bucket >= now() - interval '7 days'
group by 1
order by 1
