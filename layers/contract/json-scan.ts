// What can be told of a JSON text before it is parsed: how deep is it, and how many members does it name?

/** Deeper messages are refused before they are parsed: whatever walks them later may recurse without fear for its stack. */
export const MAX_DEPTH = 32

export interface Scan {
  depth: number
  /** Member names in the text: more than the parsed value has members means that a name came twice. */
  members: number
  /** Containers in the text. */
  containers: number
  /** Whether any string holds a backslash: only then can a NUL or a lone surrogate be inside. */
  escapes: boolean
}

const QUOTE = 34
const BACKSLASH = 92
const COLON = 58

/** One pass over text that may be anything; where it is no JSON the numbers mean nothing, and JSON.parse says so. */
export function scanJson(text: string): Scan {
  const scan: Scan = { depth: 0, members: 0, containers: 0, escapes: false }
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at, scan)
      if (end < 0) return scan
      at = end
    } else if (code === COLON) scan.members++
    else if (code === 123 || code === 91) {
      scan.containers++
      if (++depth > scan.depth) scan.depth = depth
    } else if (code === 125 || code === 93) depth--
  }
  return scan
}

/** The index of the quote that closes the string opened at `open`, or -1. */
function endOfString(text: string, open: number, scan: Scan): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) {
      scan.escapes = true
      at++
    }
  }
  return -1
}

/** Members of all objects in a parsed value, whose depth is at most MAX_DEPTH. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  for (const key in value) count += 1 + countMembers((value as Record<string, unknown>)[key])
  return count
}

/**
 * The names that come twice in one object, in valid JSON of at most MAX_DEPTH.
 * Names are compared after their escapes are read, as JSON.parse does.
 */
export function duplicateKeys(text: string): string[] {
  const duplicates = new Set<string>()
  const open: (Set<string> | undefined)[] = []
  const unused: Scan = { depth: 0, members: 0, containers: 0, escapes: false }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 123) open.push(new Set())
    else if (code === 91) open.push(undefined)
    else if (code === 125 || code === 93) open.pop()
    else if (code === QUOTE) {
      const end = endOfString(text, at, unused)
      if (end < 0) break
      const names = open.at(-1)
      if (names && /^[ \t\r\n]*:/.test(text.slice(end + 1, end + 1 + spaceAfter(text, end)))) {
        const name = JSON.parse(text.slice(at, end + 1)) as string
        if (names.has(name)) duplicates.add(name)
        names.add(name)
      }
      at = end
    }
  }
  return [...duplicates]
}

/** Characters from after `end` up to and including the first that is no white space. */
function spaceAfter(text: string, end: number): number {
  let at = end + 1
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  return at - end
}

const LONE_SURROGATE = /\p{Surrogate}/u

/** What Postgres cannot hold in text or jsonb: NUL, and a surrogate without its pair (documentation, 8.14 "JSON Types"). */
export function unstorable(value: unknown): { nul: boolean; surrogate: boolean } {
  const found = { nul: false, surrogate: false }
  const visit = (each: unknown): void => {
    if (typeof each === 'string') {
      found.nul ||= each.includes('\0')
      found.surrogate ||= LONE_SURROGATE.test(each)
    } else if (Array.isArray(each)) each.forEach(visit)
    else if (typeof each === 'object' && each !== null)
      for (const [key, member] of Object.entries(each)) {
        visit(key)
        visit(member)
      }
  }
  visit(value)
  return found
}
