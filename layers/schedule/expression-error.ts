// Why is a schedule expression none? One error: field, value, rule.

/** A malformed expression; `message` reads `hours is "25": use 0 to 23`. */
export class ExpressionError extends Error {
  override name = 'ExpressionError'

  constructor(
    /** The part that is wrong: a cron field's name, `value` or `unit` of a rate, or `expression`. */
    readonly field: string,
    readonly value: string,
    /** What would be right, in words. */
    readonly rule: string
  ) {
    super(`${field} is ${JSON.stringify(value)}: ${rule}`)
  }
}
