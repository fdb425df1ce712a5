// What does osls make of a resource that the service writes over a generated one? A deep merge (lib/utils/merge-plain-objects.js).
import { isMap, type Settings } from './rules'

/** Maps are merged key by key, lists item by item; anything else is replaced. */
export function merged(under: unknown, over: unknown): unknown {
  if (over === undefined) return under
  if (isMap(under) && isMap(over)) {
    const keys = new Set([...Object.keys(under), ...Object.keys(over)])
    return Object.fromEntries([...keys].map(key => [key, merged(under[key], over[key])])) satisfies Settings
  }
  if (Array.isArray(under) && Array.isArray(over)) {
    return Array.from({ length: Math.max(under.length, over.length) }, (_, index) => merged(under[index], over[index]))
  }
  return over
}
