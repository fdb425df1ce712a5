// What can produce-batch be asked for?
import { z } from 'zod'
import { runIdPattern } from '../../layers/event/kafka-event'

/** Records that one invocation sends at most: 15 minutes at the rate of a slow machine. */
const countMax = 50_000_000

/** The event: an invocation, or the `input` of a schedule. */
export const produceRequest = z.strictObject({
  /** A dataset that has a contract. */
  dataset: z.string().min(1),
  /** A CSV, JSON or Parquet file to read; without it the contract's generator writes the records. */
  file: z.string().min(1).optional(),
  /** Records to send; without it all of the file, or the generator's default. */
  count: z.int().positive().max(countMax).optional(),
  /** Records a second at most; without it as fast as the broker takes them. */
  rate: z.number().positive().optional(),
  /** Seed of the generator: the same seed gives the same records but for their times. */
  seed: z.int().nonnegative().optional(),
  /** Written into a header of every record, so that what became of them can be counted apart. */
  run: z.string().regex(runIdPattern).optional()
})

export type ProduceRequest = z.infer<typeof produceRequest>
