-- At which hours of the day (UTC) do anomalies fall, by kind, over the last seven days?
select extract(hour from time at time zone 'UTC')::integer as hour, kind, count(*) as anomaly_count
from dwh.fact_sensor_readings_enriched cross join unnest(anomaly_kinds) as u(kind)
where is_anomaly and time >= now() - interval '7 days'
group by 1, 2
order by 1, 2
