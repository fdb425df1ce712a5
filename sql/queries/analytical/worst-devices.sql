-- Which devices had the most anomalies in the last seven days, and of which kinds?
select device_id, device_type, location_id, sum(reading_count)::bigint as reading_count, sum(anomaly_count)::bigint as anomaly_count,
  round(100 * sum(anomaly_count) / sum(reading_count), 2) as anomaly_percent,
  sum(spike_count)::bigint as spike_count, sum(drift_count)::bigint as drift_count, sum(stuck_count)::bigint as stuck_count, sum(gap_count)::bigint as gap_count
from dwh.v_anomaly_trends_7d
group by device_id, device_type, location_id
order by anomaly_percent desc, device_id
limit 10
