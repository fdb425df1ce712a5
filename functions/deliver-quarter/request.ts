// What can deliver-quarter be asked for?
import { z } from 'zod'
import { isTimeZone } from '../../layers/contract/timestamp'
import { patternProblem } from './pattern'
import { quarterPattern } from './quarter'

/** Encodings whose text can be read; `utf-16` is found by its byte order mark and need not be named. */
export const encodings = ['utf-8', 'windows-1252', 'iso-8859-1', 'iso-8859-15', 'utf-16le', 'utf-16be'] as const

const options = {
  /** What the deliveries are called; by default the file's name. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, 'use lower case letters, digits, "_" and "-"')
    .optional(),
  /** `2024-Q1`; without it every closed quarter that the file has rows of. */
  quarter: z.string().regex(quarterPattern, 'must be a quarter such as 2024-Q1').optional(),
  /** The column that says when a row happened; without it the one that looks like it. */
  timeColumn: z.string().min(1).optional(),
  /** The column with the times of day, where the time column has days only; without it the one that is called as such. */
  clockColumn: z.string().min(1).optional(),
  /** Where the clocks stood that wrote times without an offset: a name such as Europe/Berlin. */
  zone: z.string().refine(isTimeZone, 'is not a time zone; use a name such as Europe/Berlin').default('UTC'),
  /** How times are written, such as `dd.MM.yyyy HH:mm`, or how their days are; without it ISO 8601, or what the file can only mean. */
  format: z
    .string()
    .superRefine((pattern, context) => {
      const problem = patternProblem(pattern)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .optional(),
  /** The decimal mark; without it what the file can only mean. */
  decimal: z.enum(['.', ',']).optional(),
  encoding: z.enum(encodings).default('utf-8'),
  /** Texts of a CSV file that stand for no value, such as `NA`. */
  missing: z.array(z.string().min(1).max(100)).max(20).default([]),
  /** Days after the end of a quarter until it is closed. */
  closeDays: z.int().min(0).max(92).default(1),
  /** Deliver a quarter that is not closed yet; only together with `quarter`. */
  open: z.boolean().default(false),
  /** Deliver again, as a new version, although nothing changed. */
  again: z.boolean().default(false)
}

/** The event: an invocation, the `input` of a schedule, or AWS's own scheduled event, which is a plain tick. */
export const deliverRequest = z.looseObject({
  ...options,
  /** A CSV or Parquet file; without it every such file of `folder`. */
  file: z.string().min(1).optional(),
  /** Where files are dropped, relative to the working directory. */
  folder: z.string().min(1).default('data')
})

export type DeliverRequest = z.infer<typeof deliverRequest>
/** How to deliver one file, as distinct from which. */
export type DeliverOptions = Pick<DeliverRequest, keyof typeof options>
