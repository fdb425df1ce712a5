// What can enrich-warehouse be asked for?
import { z } from 'zod'
import { rulesSchema } from './rules'

/** Days of history or of facts that one invocation makes at most: as long as facts are kept. */
const DAYS_MAX = 90

/** The event: an invocation, or a schedule's, which is empty or AWS's own. */
export const enrichRequest = z.looseObject({
  /** How far back a full run goes, and the first one. */
  days: z.int().min(1).max(DAYS_MAX).default(7),
  /** Every hour of those days again, not only those whose readings changed. */
  full: z.boolean().default(false),
  /** One device and the day that ends with its last reading; the log of changes stays as it is. */
  testMode: z.boolean().default(false),
  /** Other thresholds than the usual ones; facts made with the usual ones stay until their hours are made again (`full`). */
  rules: rulesSchema.partial().optional(),
  /** Instead of enriching: gives the simulated building a past. */
  history: z
    .strictObject({
      days: z.int().min(1).max(DAYS_MAX).optional(),
      seed: z.int().nonnegative().optional(),
      intervalSeconds: z.int().min(1).max(3600).optional()
    })
    .optional()
})

export type EnrichRequest = z.output<typeof enrichRequest>
