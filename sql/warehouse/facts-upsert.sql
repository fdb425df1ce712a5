-- Enriches and judges the readings from $1 up to $2; $3 is one device, or null for all; $4 are the rules (functions/enrich-warehouse/rules.ts).
-- A reading is judged by those of the lookback before it and by its device's averages of earlier days, never by what is outside of them, so that
-- it does not matter with which other hours it is computed. What is materialized would be computed again wherever it is named. Sums run over whole thousandths: exact, and cheap to move along (int4 has inverse transitions).
with rules as (
  select * from jsonb_to_record($4::jsonb) as r(
    lookback_hours integer, gap_lookback_hours integer, rolling_min_readings integer,
    spike_z double precision, spike_accuracies double precision, spike_jump_accuracies double precision, stddev_floor_accuracies double precision,
    drift_accuracies double precision, drift_reading_accuracies double precision, drift_min_readings integer, baseline_days integer, baseline_min_days integer,
    stuck_readings integer, stuck_seconds integer, gap_intervals double precision, gap_default_interval_seconds integer,
    battery_min_level numeric, score_max double precision)
), readings as (
  select r.time, r.device_id, r.value, r.battery_level, (r.value * 1000)::integer as x
  from iot_sensor_readings r
  where r.time >= $1::timestamptz - make_interval(hours => ($4::jsonb->>'lookback_hours')::integer) and r.time < $2::timestamptz
    and ($3::text is null or r.device_id = $3)
  union all
  -- the last one before the lookback, so that a gap is told that is longer than it
  (select distinct on (r.device_id) r.time, r.device_id, r.value, r.battery_level, (r.value * 1000)::integer
  from iot_sensor_readings r
  where r.time >= $1 - make_interval(hours => ($4::jsonb->>'gap_lookback_hours')::integer)
    and r.time < $1 - make_interval(hours => ($4::jsonb->>'lookback_hours')::integer)
    and ($3::text is null or r.device_id = $3)
  order by r.device_id, r.time desc)
), ordered as (
  select
    r.*,
    lag(r.time) over device as previous_time,
    lag(r.x) over device as previous_x,
    row_number() over device as position,
    lag(r.x) over device is distinct from r.x as is_change,
    count(*) over rolling as rolling_count,
    avg(r.x) over rolling as rolling_mean,
    stddev_samp(r.x) over rolling as rolling_stddev,
    count(*) over lookback as lookback_count
  from readings r
  window
    device as (partition by r.device_id order by r.time),
    -- without the reading itself: times of a device are at least a microsecond apart
    rolling as (partition by r.device_id order by r.time
      range between make_interval(mins => ($4::jsonb->>'rolling_minutes')::integer) preceding and interval '1 microsecond' preceding),
    lookback as (partition by r.device_id order by r.time
      range between make_interval(hours => ($4::jsonb->>'lookback_hours')::integer) preceding and current row)
), runs as (
  select
    o.*,
    date_bin(interval '1 hour', o.time, timestamptz '2000-01-01 00:00Z') as bucket,
    max(case when o.is_change then o.time end) over so_far as run_time,
    max(case when o.is_change then o.position end) over so_far as run_position
  from ordered o
  window so_far as (partition by o.device_id order by o.time rows unbounded preceding)
), hours as (
  select
    h.bucket, h.device_id,
    case when count(e.avg_value) >= rules.baseline_min_days then percentile_cont(0.5) within group (order by e.avg_value) end as baseline,
    case when h.reading_count >= rules.drift_min_readings then h.avg_value end as hour_mean
  from rules
  cross join dwh.fact_hourly_agg h
  cross join generate_series(1, rules.baseline_days) as days(ago)
  left join dwh.fact_hourly_agg e on e.device_id = h.device_id and e.bucket = h.bucket - make_interval(hours => 24 * days.ago)
    and e.bucket >= $1 - make_interval(hours => 24 * ($4::jsonb->>'baseline_days')::integer) and e.bucket < $2
  where h.bucket >= $1 and h.bucket < $2 and ($3::text is null or h.device_id = $3)
  group by h.bucket, h.device_id, h.reading_count, h.avg_value, rules.baseline_min_days, rules.drift_min_readings
), measured as materialized (
  select
    r.time, r.device_id, d.device_key, l.location_key, d.device_type, d.location_id, d.unit, r.value, r.battery_level,
    r.rolling_mean::double precision / 1000 as rolling_mean,
    r.rolling_stddev::double precision / 1000 as rolling_stddev,
    r.rolling_count::integer as rolling_count,
    case when r.rolling_count >= rules.rolling_min_readings then (r.x - r.rolling_mean)::double precision / 1000 end as deviation,
    (r.x - r.previous_x)::double precision / 1000 as jump,
    h.baseline,
    h.hour_mean - h.baseline as drift,
    extract(epoch from r.time - greatest(r.run_time, r.time - make_interval(hours => rules.lookback_hours)))::integer as stuck_seconds,
    least(r.position - r.run_position + 1, r.lookback_count) as stuck_readings,
    case when r.previous_time >= r.time - make_interval(hours => rules.gap_lookback_hours) then extract(epoch from r.time - r.previous_time)::integer end as gap_seconds,
    d.accuracy::double precision as accuracy,
    coalesce(d.reading_interval_seconds, rules.gap_default_interval_seconds) as interval_seconds,
    d.min_value, d.max_value, d.status, d.is_inferred as device_is_inferred, coalesce(l.is_inferred, true) as location_is_inferred
  from rules
  cross join runs r
  join dwh.dim_devices d on d.device_id = r.device_id and d.valid_from <= r.time and r.time < d.valid_to
  left join dwh.dim_locations l on l.location_id = d.location_id and l.valid_from <= r.time and r.time < l.valid_to
  left join hours h on h.device_id = r.device_id and h.bucket = r.bucket
  where r.time >= $1
), scored as materialized (
  select
    m.*,
    m.deviation / nullif(greatest(m.rolling_stddev, rules.stddev_floor_accuracies * m.accuracy), 0) as z_score,
    -- a score is how many times its rule's threshold is reached; a rule of several conditions has the least
    coalesce(least(
      abs(m.deviation) / nullif(greatest(m.rolling_stddev, rules.stddev_floor_accuracies * m.accuracy), 0) / rules.spike_z,
      abs(m.deviation) / (rules.spike_accuracies * m.accuracy),
      coalesce(abs(m.jump), 0) / (rules.spike_jump_accuracies * m.accuracy)), 0) as spike_score,
    -- a device that is stuck does not drift
    case when m.stuck_readings >= rules.stuck_readings and m.stuck_seconds >= rules.stuck_seconds then 0 else coalesce(least(
      abs(m.drift) / (rules.drift_accuracies * m.accuracy),
      greatest(0, sign(m.drift) * (m.value::double precision - m.baseline)) / (rules.drift_reading_accuracies * m.accuracy)), 0) end as drift_score,
    least(m.stuck_readings::double precision / rules.stuck_readings, m.stuck_seconds::double precision / rules.stuck_seconds) as stuck_score,
    coalesce(m.gap_seconds / (rules.gap_intervals * m.interval_seconds), 0) as gap_score
  from measured m cross join rules
), judged as materialized (
  select
    s.*,
    least(rules.score_max, greatest(s.spike_score, s.drift_score, s.stuck_score, s.gap_score)) as anomaly_score,
    array_remove(array[
      case when s.spike_score >= 1 then 'spike' end,
      case when s.drift_score >= 1 then 'drift' end,
      case when s.stuck_score >= 1 then 'stuck' end,
      case when s.gap_score >= 1 then 'gap' end], null) as anomaly_kinds,
    array[
      case when s.value between s.min_value and s.max_value then null else 'in_type_range' end,
      case when s.device_is_inferred then 'device_known' end,
      case when s.location_is_inferred then 'location_known' end,
      case when s.status = 'active' then null else 'device_active' end,
      case when s.battery_level is null then 'battery_reported' end,
      case when s.battery_level < rules.battery_min_level then 'battery_sufficient' end,
      case when s.gap_score >= 1 then 'no_gap_before' end,
      case when s.stuck_score >= 1 then 'not_stuck' end] as quality_rules
  from scored s cross join rules
), upserted as (
  insert into dwh.fact_sensor_readings_enriched as f
    (time, device_id, device_key, location_key, device_type, location_id, unit, value, battery_level, rolling_mean, rolling_stddev, rolling_count,
    z_score, baseline, drift, stuck_seconds, gap_seconds, is_anomaly, anomaly_score, anomaly_kinds, quality_score, failed_rules)
  select
    time, device_id, device_key, location_key, device_type, location_id, unit, value, battery_level, rolling_mean, rolling_stddev, rolling_count,
    z_score, baseline, drift, stuck_seconds, gap_seconds, cardinality(anomaly_kinds) > 0, anomaly_score, anomaly_kinds,
    round(1 - cardinality(array_remove(quality_rules, null))::numeric / cardinality(quality_rules), 3), array_remove(quality_rules, null)
  from judged
  order by time, device_id
  on conflict (time, device_id) do update set
    device_key = excluded.device_key,
    location_key = excluded.location_key,
    device_type = excluded.device_type,
    location_id = excluded.location_id,
    unit = excluded.unit,
    value = excluded.value,
    battery_level = excluded.battery_level,
    rolling_mean = excluded.rolling_mean,
    rolling_stddev = excluded.rolling_stddev,
    rolling_count = excluded.rolling_count,
    z_score = excluded.z_score,
    baseline = excluded.baseline,
    drift = excluded.drift,
    stuck_seconds = excluded.stuck_seconds,
    gap_seconds = excluded.gap_seconds,
    is_anomaly = excluded.is_anomaly,
    anomaly_score = excluded.anomaly_score,
    anomaly_kinds = excluded.anomaly_kinds,
    quality_score = excluded.quality_score,
    failed_rules = excluded.failed_rules,
    enriched_at = now()
  where (f.device_key, f.location_key, f.device_type, f.location_id, f.unit, f.value, f.battery_level, f.rolling_mean, f.rolling_stddev, f.rolling_count,
      f.z_score, f.baseline, f.drift, f.stuck_seconds, f.gap_seconds, f.anomaly_score, f.anomaly_kinds, f.failed_rules)
    is distinct from (excluded.device_key, excluded.location_key, excluded.device_type, excluded.location_id, excluded.unit, excluded.value,
      excluded.battery_level, excluded.rolling_mean, excluded.rolling_stddev, excluded.rolling_count, excluded.z_score, excluded.baseline, excluded.drift,
      excluded.stuck_seconds, excluded.gap_seconds, excluded.anomaly_score, excluded.anomaly_kinds, excluded.failed_rules)
  returning f.is_anomaly
)
select count(*)::integer as written from upserted
