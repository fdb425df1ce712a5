// Which keys may an object have, in every kind of lake?
import { PipelineError } from '../errors'

/** The bound of S3 for a whole key and of file systems for one name, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024
const MAX_NAME_BYTES = 255

function problemOf(key: string): string | undefined {
  if (key === '') return 'is empty'
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`
  if (/[\0-\x1f\x7f\\]/.test(key)) return 'holds a control character or a backslash'
  for (const name of key.split('/')) {
    if (name === '') return 'begins or ends with a slash, or has two in a row'
    // covers . and .., and keeps apart what a directory lake writes beside its objects
    if (name.startsWith('.')) return `has a name that begins with a dot: ${name}`
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `has a name longer than ${MAX_NAME_BYTES} bytes`
  }
  return undefined
}

/** Whether an object of a lake may have this key. */
export const isKey = (key: string): boolean => problemOf(key) === undefined

/**
 * Refuses a key that would leave the lake or that one of its kinds cannot hold.
 * @throws PipelineError LAKE_UNAVAILABLE naming the key and the rule
 */
export function checkKey(key: string): void {
  const problem = problemOf(key)
  if (problem !== undefined)
    throw new PipelineError('LAKE_UNAVAILABLE', `lake: the key ${JSON.stringify(key.slice(0, 100))} ${problem}`, {
      remedy: 'Use names separated by single slashes, none of which begins with a dot.'
    })
}

/** The order of keys in every kind of lake: by bytes of UTF-8, as S3 lists them. */
export const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
