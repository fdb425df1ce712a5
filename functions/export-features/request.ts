// What can export-features be asked for?
import { z } from 'zod'

const instant = z.iso.datetime({ offset: true })

/** The event: an invocation, the `input` of a schedule, or AWS's own scheduled event, which is a plain tick. */
export const exportRequest = z
  .looseObject({
    /** What the export and its model are called. */
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, 'use lower case letters, digits, "_" and "-"')
      .default('iot'),
    /** First instant of the facts; by default the first there is. */
    from: instant.optional(),
    /** First instant that is no longer exported; by default after the last fact. */
    to: instant.optional(),
    /** Where validation and where testing begin; by default after 60 % and 80 % of the time. */
    splitAt: z.tuple([instant, instant]).optional(),
    /** Minutes after a split whose rows are in neither part: the longest of the short windows. */
    gapMinutes: z.int().min(0).max(10_080).default(60),
    /** How many minutes ahead the label looks: 0 asks "is this reading a fault?", 60 "will there be one within the hour?" */
    horizon: z.int().min(0).max(10_080).default(0),
    /** Also train the model, score it and write its predictions to the warehouse. */
    train: z.boolean().default(false),
    /** Seed of the order in which the model sees rows. */
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(42)
  })
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
    message: 'from is not before to',
    path: ['from']
  })
  .refine(({ splitAt }) => splitAt === undefined || Date.parse(splitAt[0]) < Date.parse(splitAt[1]), {
    message: 'the second split is not after the first',
    path: ['splitAt']
  })

export type ExportRequest = z.infer<typeof exportRequest>
