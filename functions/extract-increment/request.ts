// What can extract-increment be asked for?
import { z } from 'zod'
import { runIdPattern } from '../../layers/event/kafka-event'

/** A watermark: text or a number; the source's server reads it with the column's type. */
const watermark = z.union([z.string().min(1).max(100), z.int()]).transform(String)

const asked = z
  .strictObject({
    /** A dataset whose contract has `incrementalLoad`; without it each of them. */
    dataset: z.string().min(1).optional(),
    /** Sends the rows of this watermark and later ones again, whatever was sent before; the saved cursor stays where it is. */
    from: watermark.optional(),
    /** Rows before this watermark only. */
    to: watermark.optional(),
    /** Rows at most; rows that turned up late come on top of it. */
    limit: z.int().positive().optional(),
    /** Written into a header of every record, so that what became of them can be counted apart. */
    run: z.string().regex(runIdPattern).optional()
  })
  .refine(event => event.dataset !== undefined || (event.from === undefined && event.to === undefined), {
    path: ['dataset'],
    message: 'from and to need a dataset'
  })

/** An invocation, the `input` of a schedule, or AWS's own scheduled event, which is a plain tick. */
export const extractRequest = z.preprocess(
  event => (typeof event === 'object' && event !== null && 'detail-type' in event ? {} : event),
  asked
)

export type ExtractRequest = z.output<typeof asked>
