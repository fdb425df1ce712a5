// Where may a frame be cut without its reader noticing? Nowhere, if all is well.

/**
 * Reads every proper beginning of a frame.
 * @returns the lengths at which it was not refused with a RangeError, each with what happened; a list, because an expectation for each of
 * hundreds of thousands of cuts takes many times as long as the cuts
 */
export function cutsTaken(frame: Buffer, read: (frame: Buffer) => unknown): { length: number; outcome: unknown }[] {
  const taken: { length: number; outcome: unknown }[] = []
  // most of the time would go into stacks that nobody looks at
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  for (let length = 0; length < frame.length; length++) {
    try {
      taken.push({ length, outcome: read(frame.subarray(0, length)) })
    } catch (error) {
      if (!(error instanceof RangeError)) taken.push({ length, outcome: error })
    }
  }
  Error.stackTraceLimit = stackTraceLimit
  return taken
}
