// When is a reading odd, and what else is asked of it?
import { z } from 'zod'

/**
 * Every threshold, by the name that sql/warehouse/facts-upsert.sql uses. An *accuracy* is what the datasheet of a device's type gives, in its unit.
 *
 * - **spike**: |z| against mean and standard deviation of the rolling window before the reading reaches `spike_z`, and the deviation is beyond what the
 *   device may be wrong by anyway: `spike_accuracies`. It came at once: it is `spike_jump_accuracies` away from the reading before, which tells a spike
 *   from the readings after a level has changed.
 * - **drift**: the mean of the reading's hour is `drift_accuracies` away from the device's own baseline, the median of the same hour of up to
 *   `baseline_days` earlier days, and the reading itself `drift_reading_accuracies` to the same side, which leaves out what was read after a
 *   calibration within the hour. A stuck device does not drift.
 * - **stuck**: the same value for `stuck_readings` readings and `stuck_seconds`.
 * - **gap**: more than `gap_intervals` of the device's reading interval since the reading before.
 */
export const rulesSchema = z.strictObject({
  rolling_minutes: z.int().min(1).max(180).default(60),
  /** Fewer readings in the window say nothing. */
  rolling_min_readings: z.int().min(2).default(10),
  spike_z: z.number().positive().default(3),
  spike_accuracies: z.number().min(0).default(2),
  spike_jump_accuracies: z.number().min(0).default(1.5),
  /** A window with less noise than this, of a device that was stuck, does not make a spike of every reading. */
  stddev_floor_accuracies: z.number().positive().default(0.1),
  drift_accuracies: z.number().positive().default(1.5),
  drift_reading_accuracies: z.number().positive().default(1),
  /** An hour with fewer readings has no mean that could drift. */
  drift_min_readings: z.int().min(1).default(5),
  baseline_days: z.int().min(1).max(14).default(7),
  /** With fewer earlier days there is no baseline: of three, one that drifted itself does not move the median. */
  baseline_min_days: z.int().min(1).default(3),
  stuck_readings: z.int().min(2).default(6),
  stuck_seconds: z.int().min(1).default(300),
  gap_intervals: z.number().positive().default(5),
  /** Of a device that the registry does not know. */
  gap_default_interval_seconds: z.int().positive().default(60),
  /** Per cent. */
  battery_min_level: z.number().default(10),
  score_max: z.number().min(1).default(10)
})

export type Rules = z.output<typeof rulesSchema>

/** What a reading says depends on the readings of this many hours before it, whatever the rules: no less than the longest rolling window. */
export const LOOKBACK_HOURS = 3
/** A longer silence is a new beginning, not a gap. */
export const GAP_LOOKBACK_HOURS = 24

/** The rules as the statement takes them. */
export const rulesJson = (rules: Rules): string =>
  JSON.stringify({ ...rules, lookback_hours: LOOKBACK_HOURS, gap_lookback_hours: GAP_LOOKBACK_HOURS })
