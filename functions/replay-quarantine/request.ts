// What can replay-quarantine be asked for?
import { z } from 'zod'

/** Rows that can be named one by one. */
const idsMax = 10_000

const instant = z.iso.datetime({ offset: true })
const id = z.union([z.int().positive(), z.string().regex(/^\d{1,18}$/)]).transform(String)

/** The event: an invocation. Every part of the filter that is given must hold. */
export const replayRequest = z.strictObject({
  /** A dataset that has a contract. */
  dataset: z.string().min(1),
  /** A reason code; rows that have it, whatever else they have. */
  reason: z.string().min(1).optional(),
  /** Rows quarantined at this time (ISO 8601 with an offset) or later. */
  from: instant.optional(),
  /** Rows quarantined before this time. */
  to: instant.optional(),
  /** Ids of rows of the quarantine table. */
  ids: z.array(id).min(1).max(idsMax).optional(),
  /** Rows that go back at most; without it all that pass. */
  limit: z.int().positive().optional(),
  /** Rows with a greater id only: the `last_id` of an answer that was not complete. */
  after: id.optional(),
  /** Only say what would go back. True unless told otherwise: sending cannot be undone, asking costs nothing. */
  dryRun: z.boolean().default(true),
  /** Who asks; kept in the table `replays`. */
  requestedBy: z.string().min(1).max(200).default('unknown')
})

export type ReplayRequest = z.infer<typeof replayRequest>
