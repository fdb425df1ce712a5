// Which topics does a subscription by regular expression (KIP-848) read?
import { createContext, Script } from 'node:vm'
import { KafkaError } from '../protocol'

/** Characters of an expression, and milliseconds to look for it in all names: some expressions would take years. */
const expressionCharsMax = 1000
const matchMsMax = 1000

const matchAll = new Script('names.filter(name => expression.test(name))')

function invalid(pattern: string, cause?: unknown): KafkaError {
  return new KafkaError('INVALID_REGULAR_EXPRESSION', `SubscribedTopicRegex \`${pattern}\` is not a valid regular expression`, { cause })
}

/** RE2 lets any punctuation be escaped, JavaScript only some of it. */
function withKnownEscapes(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, (pair, escaped: string) =>
    /[!"#%&',:;<=>@_`~-]/.test(escaped) ? `\\x${escaped.charCodeAt(0).toString(16)}` : pair
  )
}

/**
 * The names that match as a whole. RE2, which Apache Kafka uses, is nearly JavaScript's syntax: `(?i)` at the beginning is understood.
 * Throws KafkaError INVALID_REGULAR_EXPRESSION, also when it takes too long to tell.
 */
export function namesMatching(pattern: string, names: readonly string[]): string[] {
  if (pattern.length > expressionCharsMax) throw invalid(`${pattern.slice(0, expressionCharsMax)}…`)
  const isCaseless = pattern.startsWith('(?i)')
  try {
    const expression = new RegExp(`^(?:${withKnownEscapes(isCaseless ? pattern.slice(4) : pattern)})$`, isCaseless ? 'isu' : 'su')
    // the only way to give up on an expression in the middle of a name
    return [...matchAll.runInContext(createContext({ expression, names }), { timeout: matchMsMax })]
  } catch (cause) {
    throw invalid(pattern, cause)
  }
}
