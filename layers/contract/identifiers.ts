// Which names may a contract give to tables, columns and topics, and how does a name enter a statement?
import { distance } from './distance'

/** Postgres cuts longer names silently (NAMEDATALEN - 1). */
export const MAX_IDENTIFIER_LENGTH = 63
/** org.apache.kafka.common.internals.Topic: MAX_NAME_LENGTH. */
export const MAX_TOPIC_LENGTH = 249

const SQL_IDENTIFIER = /^[a-z][a-z0-9_]*$/
const TOPIC = /^[a-zA-Z0-9._-]+$/
const RESERVED_TOPICS = new Set(['.', '..', '__consumer_offsets', '__transaction_state', '__cluster_metadata', '__share_group_state'])

/** @returns why `name` cannot be a table or column, or undefined when it can. */
export function sqlIdentifierProblem(name: string): string | undefined {
  if (!SQL_IDENTIFIER.test(name)) return 'use lower snake case: a letter, then letters, digits and underscores'
  if (name.length > MAX_IDENTIFIER_LENGTH) return `use at most ${MAX_IDENTIFIER_LENGTH} characters, it has ${name.length}`
  return undefined
}

/** @returns why `name` cannot be a Kafka topic, or undefined when it can. */
export function topicProblem(name: string): string | undefined {
  if (RESERVED_TOPICS.has(name)) return 'this name is reserved by Kafka'
  if (!TOPIC.test(name)) return 'use letters, digits, ".", "_" and "-" only'
  if (name.length > MAX_TOPIC_LENGTH) return `use at most ${MAX_TOPIC_LENGTH} characters, it has ${name.length}`
  return undefined
}

/**
 * The only way a name enters a statement: quoted, with quotes doubled, as `quote_ident` of Postgres does when it must.
 * @throws RangeError on NUL or an empty name, which no quoting makes legal
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) throw new RangeError(`not an SQL identifier: ${JSON.stringify(name)}`)
  return `"${name.replaceAll('"', '""')}"`
}

/** `InvoiceNo` becomes `invoice_no`, `CustomerID` becomes `customer_id`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

/** @returns the candidate that `name` was probably meant to be, or undefined when none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase())
    if (edits < least) [best, least] = [candidate, edits]
  }
  return best
}
