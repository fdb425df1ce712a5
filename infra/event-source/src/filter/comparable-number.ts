// Which double does the text of a JSON number stand for, if exactly one does? `numeric` and `anything-but` compare doubles.

const ZERO = 48
const NINE = 57
const MINUS = 45
const DOT = 46
/** Every decimal of so many significant digits is told apart by a double (IEEE 754 binary64: DBL_DIG). */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

/**
 * The double for the JSON number in bytes[start, end), or NaN when it has more digits than a double keeps or exceeds its range:
 * such a number matches no numeric rule on AWS either (event-ruler: "Cannot compare number").
 */
export function comparableNumberIn(bytes: Buffer, start: number, end: number): number {
  let at = start
  const isNegative = bytes[at] === MINUS
  if (isNegative) at++
  if (end - at > EXACT_DIGITS) return comparableNumber(bytes.latin1Slice(start, end))
  let digits = 0
  let decimals = 0
  for (let fraction = 0; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + byte - ZERO
      decimals += fraction
    } else if (byte === DOT) fraction = 1
    else return comparableNumber(bytes.latin1Slice(start, end))
  }
  // both are exact doubles, so that the one division rounds correctly
  const value = digits / POWERS_OF_TEN[decimals]!
  return isNegative ? -value : value
}

/** The same for a text. */
export function comparableNumber(text: string): number {
  const value = Number(text)
  return Number.isFinite(value) && plain(String(value)) === plain(text) ? value : NaN
}

/** Sign, digits without outer zeros and exponent of a JSON number: equal for equal values. */
function plain(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!
  const digits = (whole! + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
