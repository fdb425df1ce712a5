// Is a message's value a JSON object that Postgres can keep, and if not, why?
import { isUtf8 } from 'node:buffer'
import { countMembers, duplicateKeys, MAX_DEPTH, scanJson, unstorable } from './json-scan'
import { shown } from './shown'
import type { Reason } from './types'

/** A value longer than this is kept as bytes, not parsed: a hundred times what any contract's record needs. */
export const MAX_MESSAGE_BYTES = 256 * 1024

export interface Content {
  /** The object, when there is one; fields can be checked even where `reasons` has some. */
  object: Record<string, unknown> | undefined
  /** What jsonb can hold of the parsed value, else undefined. */
  raw: unknown
  reasons: Reason[]
}

const NO_REASONS: Reason[] = []
Object.freeze(NO_REASONS)

function refused(code: string, message: string): Content {
  return { object: undefined, raw: undefined, reasons: [{ code, message }] }
}

/**
 * Opens a value. Never throws, whatever the bytes.
 * @param value null is a tombstone
 */
export function readContent(value: Buffer | null): Content {
  if (value === null) return refused('tombstone', 'Message is a tombstone: it has no value')
  if (value.length === 0) return refused('empty', 'Message is empty')
  if (value.length > MAX_MESSAGE_BYTES)
    return refused('too_large', `Message is too large: ${value.length} bytes, at most ${MAX_MESSAGE_BYTES}`)
  const text = value.toString('utf8')
  // The decoder writes U+FFFD for what is not UTF-8; only then is the exact check needed.
  if (text.includes('\uFFFD') && !isUtf8(value)) return refused('not_utf8', 'Message is not UTF-8')
  const scan = scanJson(text)
  if (scan.depth > MAX_DEPTH) return refused('nested_too_deep', `Message is nested too deep: ${scan.depth} levels, at most ${MAX_DEPTH}`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return notJson(value, text)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    const kind = Array.isArray(parsed) ? 'an array' : parsed === null ? 'null' : `a ${typeof parsed}`
    const { nul, surrogate } = unstorable(parsed)
    return {
      object: undefined,
      raw: nul || surrogate ? undefined : parsed,
      reasons: [{ code: 'not_an_object', message: `Message is no JSON object but ${kind}` }]
    }
  }
  const object = parsed as Record<string, unknown>
  if (scan.escapes || scan.members !== membersOf(object, scan.containers)) return suspicious(object, text, scan.escapes)
  return { object, raw: object, reasons: NO_REASONS }
}

/** Members of the object, and of what is in it where there is more than the object itself. */
function membersOf(object: Record<string, unknown>, containers: number): number {
  if (containers > 1) return countMembers(object)
  let count = 0
  for (const _ in object) count++
  return count
}

function notJson(value: Buffer, text: string): Content {
  const content = refused('not_json', `Message is not JSON: ${shown(text)}`)
  if (value.includes(0)) content.reasons.push({ code: 'nul_character', message: 'Message holds a NUL character' })
  return content
}

function suspicious(object: Record<string, unknown>, text: string, escapes: boolean): Content {
  const reasons: Reason[] = duplicateKeys(text).map(key => ({
    code: 'duplicate_key',
    field: key,
    message: `Message has the key ${shown(key)} more than once`
  }))
  const bad = escapes ? unstorable(object) : { nul: false, surrogate: false }
  if (bad.nul) reasons.push({ code: 'nul_character', message: 'Message holds a NUL character' })
  if (bad.surrogate) reasons.push({ code: 'lone_surrogate', message: 'Message holds half of a surrogate pair' })
  return { object, raw: bad.nul || bad.surrogate ? undefined : object, reasons }
}
