-- DuckDB: what the model sees of a reading, without units, so that one model fits every kind of device; null where it is not known.
-- A spike is a large step, drift a mean that left the day before's, a stuck sensor one that stands still while others would move.
select
  time,
  device_id,
  split,
  label,
  least(abs(z_1h), 20) as abs_z_1h,
  least(abs(z_24h), 20) as abs_z_24h,
  least(abs(drift_day), 20) as abs_drift_day,
  least(abs(mean_15m - mean_day_before) / nullif(stddev_1h, 0), 20) as abs_drift_noise,
  least(abs(mean_15m - mean_day_before) / nullif(stddev_1h, 0), 20) * least(abs(drift_day), 20) / 20 as drift,
  least(abs(delta_1) / nullif(stddev_24h, 0), 20) as abs_step,
  least(abs(delta_1) / nullif(stddev_1h, 0), 20) as abs_step_1h,
  ln(1 + stuck_seconds) as log_stuck_seconds,
  ln(1 + greatest(coalesce(gap_seconds, 0), 0)) as log_gap_seconds,
  least(stddev_15m / nullif(stddev_1h, 0), 20) as noise_15m,
  least(stddev_1h / nullif(stddev_24h, 0), 20) as noise_1h,
  (stddev_15m = 0)::integer as is_flat_15m,
  (stuck_seconds > 600)::integer as is_stuck,
  least(abs(z_1h), 20) * least(abs(delta_1) / nullif(stddev_1h, 0), 20) / 20 as spike
from features
order by device_id, time
