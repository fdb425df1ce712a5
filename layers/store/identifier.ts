// How does a name from a contract become an SQL identifier?

/** PostgreSQL's NAMEDATALEN - 1. */
const identifierLengthMax = 63

/**
 * Quotes a name for use in a statement.
 * @throws RangeError when the name cannot be one: contracts are checked when they are read, so this is a programming error
 */
export function identifier(name: string): string {
  if (name.length === 0 || Buffer.byteLength(name) > identifierLengthMax || name.includes('\0')) throw new RangeError(`not an SQL identifier: '${name}'`)
  return `"${name.replaceAll('"', '""')}"`
}
