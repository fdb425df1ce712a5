// What can backfill-dataset be asked for?
import { z } from 'zod'
import { parseIso } from '../../layers/contract/timestamp'

/** Records that one invocation reads at most, unless it is asked for fewer. */
const recordsMax = 1_000_000
const recordsUsual = 100_000
const partitionsMax = 1000

const instant = z.string().transform((text, context) => {
  const ms = parseIso(text)
  if (typeof ms === 'number') return Math.floor(ms)
  context.addIssue({ code: 'custom', message: `'${text}' is no time with a zone, such as 2026-01-31T08:15:00Z` })
  return z.NEVER
})

/** The event of an invocation. */
export const backfillRequest = z
  .strictObject({
    dataset: z.string().min(1),
    /** Start of the range, ISO 8601 with a zone. */
    from: instant,
    /** End of the range, not part of it. */
    to: instant,
    /** What lies in the range: the record's own time in Kafka, or the contract's time column. */
    by: z.enum(['record-time', 'event-time']).default('record-time'),
    /** Without it all partitions. */
    partitions: z.array(z.int().nonnegative()).min(1).max(partitionsMax).optional(),
    /** Records to read before this invocation answers; the next one with the same range goes on. */
    maxRecords: z.int().positive().max(recordsMax).default(recordsUsual)
  })
  .superRefine(({ from, to }, context) => {
    if (from >= to) context.addIssue({ code: 'custom', path: ['to'], message: 'must be after from' })
    if (to > Date.now())
      context.addIssue({ code: 'custom', path: ['to'], message: 'lies in the future: records may still come into that range' })
  })

export type BackfillRequest = z.output<typeof backfillRequest>
