// How does Postgres round a number to the scale of a numeric column, and does it fit?

const DECIMAL = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,4}))?$/
/** A double holds every decimal of this many digits; longer ones stay text. */
const EXACT_DIGITS = 15
/** Longest number text that is looked at, and largest exponent: enough for numeric(1000, s). */
const MAX_TEXT_LENGTH = 2048
const MAX_EXPONENT = 1000

/** Whether text is a plain decimal number, perhaps with an exponent: no NaN, no infinity, no hexadecimal, no separators. */
export function isDecimal(text: string): boolean {
  if (text.length > MAX_TEXT_LENGTH) return false
  const match = DECIMAL.exec(text)
  return match !== null && Math.abs(Number(match[3] ?? 0)) <= MAX_EXPONENT
}

/**
 * Rounds decimal text half away from zero, as numeric does (documentation, 8.1.2).
 * @param text for which isDecimal holds
 * @returns the rounded decimal without exponent and without zeros in front
 */
export function roundDecimal(text: string, scale: number): string {
  const [, sign, digits = '', exponent] = DECIMAL.exec(text)!
  const point = digits.indexOf('.')
  const whole = point < 0 ? digits : digits.slice(0, point)
  const all = point < 0 ? digits : whole + digits.slice(point + 1)
  // The value is 0.<all> × 10^position; keep `position + scale` digits of it.
  const position = whole.length + Number(exponent ?? 0)
  const keep = position + scale
  const kept = keep <= 0 ? '0' : all.slice(0, keep).padEnd(keep, '0')
  const next = keep < 0 ? '0' : (all[keep] ?? '0')
  const scaled = BigInt(kept) + (next >= '5' ? 1n : 0n)
  const text2 = scaled.toString().padStart(scale + 1, '0')
  const result = scale === 0 ? text2 : `${text2.slice(0, -scale)}.${text2.slice(-scale)}`
  return sign === '-' && scaled !== 0n ? `-${result}` : result
}

/**
 * Makes the rounder of a numeric column.
 * @returns a function from a finite number or decimal text to the value of the column (a number where 15 digits hold it, else decimal
 *   text), or undefined when it does not fit the column
 */
export function numericRounder(precision: number, scale: number): (value: number | string) => number | string | undefined {
  const factor = 10 ** scale
  const limit = 10n ** BigInt(precision - scale)
  const asNumber = precision <= EXACT_DIGITS
  const fastLimit = asNumber ? 10 ** (precision - scale) : 0
  return value => {
    if (typeof value === 'number') {
      // k / factor is correctly rounded, so equality means that the shortest decimal of the value has at most `scale` decimals.
      const rounded = Math.round(value * factor) / factor
      if (rounded === value && Math.abs(value) < fastLimit) return value + 0
    }
    const text = String(value)
    if (!isDecimal(text)) return undefined
    const rounded = roundDecimal(text, scale)
    const whole = BigInt(rounded.replace(/\..*$/, '').replace('-', ''))
    if (whole >= limit) return undefined
    return asNumber ? Number(rounded) + 0 : rounded
  }
}
