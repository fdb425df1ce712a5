// What can go wrong that is not bad data, and what should the reader do next?

/** Every code with the remedy shown when the thrower has no better one. */
export const remedies = {
  CONFIG_INVALID: 'Correct the named environment variable or flag and start again.',
  CONTRACT_INVALID: 'Correct the named key of the contract; `npx sluice doctor` checks every contract.',
  CONTRACT_UNKNOWN: 'Use a dataset that has a file in contracts/, or add one.',
  EVENT_INVALID: 'Send an event of the shape that the function documents.',
  KAFKA_UNAVAILABLE: 'Check that KAFKA_BROKERS is reachable; `npx sluice doctor` shows what is.',
  DATABASE_UNAVAILABLE: 'Check that DATABASE_URL is reachable; `npx sluice doctor` shows what is.',
  LAKE_UNAVAILABLE: 'Check that LAKE_URL is reachable and writable; `npx sluice doctor` shows what is.',
  LAKE_CONFLICT: 'Another run wrote the same version first; run again.',
  SOURCE_UNAVAILABLE: 'Check that the source database is reachable; the next run goes on where this one stopped.',
  SOURCE_CHANGED: 'Make the source table and the contract agree again; nothing was sent.',
  BUSY: 'Another run of the same work is under way: wait for it, then run again.',
  SCHEMA_FROZEN: 'Add the field to the contract, or choose another policy for unknownFields; the records wait in the topic.',
  MIGRATION_REFUSED:
    '`npx sluice contract diff <dataset>` shows every change and whom it breaks; write a migration by hand in sql/migrations/ for the one that the message names, or take it back.',
  SOURCE_UNREADABLE: 'Check that the file exists, is readable and has the format that the contract names.',
  SERVICE_FAILED: 'Read the named log file under .sluice/logs/.',
  TIMED_OUT: 'Look at `npx sluice status` for what did not move, and at .sluice/logs/.',
  USAGE: 'Run the command with --help.'
} as const

/** Before the remedy in an error's trace: Lambda hands its caller the type, the message and the trace of an error, nothing else. */
export const REMEDY_LINE = 'remedy: '

export type ErrorCode = keyof typeof remedies

/** A broken world, as opposed to a bad message: nothing was committed and the work may be tried again once it is mended. */
export class PipelineError extends Error {
  readonly code: ErrorCode
  readonly remedy: string

  /**
   * @param code one of the table above
   * @param message what is wrong: file, key and value where there are any
   * @param options `remedy` replaces the table's; `cause` is the error underneath
   */
  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PipelineError'
    this.code = code
    this.remedy = options.remedy ?? remedies[code]
  }
}
