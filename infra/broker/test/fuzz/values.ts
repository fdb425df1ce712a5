// How does a message become one that can be read and makes no sense? By changing its values instead of its bytes.
import { type AnyApi, apis, decodeRequest, encodeRequest } from '../../src/protocol'
import type { Random } from './random'

const numbers = [
  0,
  1,
  -1,
  2,
  3,
  127,
  -128,
  255,
  1000,
  32_767,
  -32_768,
  65_535,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  2 ** 63
]
const texts = [
  '',
  'trades',
  'f',
  'g',
  '.',
  '..',
  '../x',
  'a/b',
  '__consumer_offsets',
  '\0',
  'ü€😀',
  'x'.repeat(249),
  'x'.repeat(250),
  'new'
]
const uuidPattern = /^[0-9a-f-]{36}$/

type Place = { holder: Record<string, unknown>; field: string }

/** Every value within a message, with what holds it. */
function placesIn(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return places
  for (const field of Object.keys(value)) {
    places.push({ holder: value as Record<string, unknown>, field })
    placesIn((value as Record<string, unknown>)[field], places)
  }
  return places
}

function changedList(list: unknown[], random: Random): unknown[] | null {
  if (random.chance(20)) return null
  if (list.length === 0 || random.chance(3)) return []
  const copies = Array<unknown>(random.chance(100) ? 5000 : 1 + random.below(3)).fill(random.pick(list))
  return random.chance(2) ? copies : [...list, ...copies]
}

function changedText(text: string | null, random: Random): string | null {
  if (text !== null && uuidPattern.test(text)) return random.chance(2) ? text.replaceAll(/[1-9a-f]/g, '0') : text.replace(/[0-8]/, '9')
  if (random.chance(10)) return null
  return random.chance(3) ? `n${random.below(1000)}` : random.pick(texts)
}

function changedBytes(bytes: Buffer, random: Random): Buffer | null {
  if (random.chance(10)) return null
  const copy = Buffer.from(bytes)
  if (copy.length === 0 || random.chance(10)) return random.bytes(random.below(100))
  for (let count = 1 + random.below(3); count > 0; count--) copy[random.below(copy.length)] = random.below(256)
  if (random.chance(4)) return Buffer.concat(Array<Buffer>(1 + random.below(4)).fill(copy))
  return random.chance(4) ? copy.subarray(0, random.below(copy.length + 1)) : copy
}

function changed(value: unknown, random: Random): unknown {
  if (typeof value === 'number') return random.chance(3) ? value + random.below(5) - 2 : random.pick(numbers)
  if (typeof value === 'boolean') return !value
  if (Buffer.isBuffer(value)) return changedBytes(value, random)
  if (Array.isArray(value)) return changedList(value, random)
  return typeof value === 'string' || value === null ? changedText(value as string | null, random) : value
}

/** The frame with some of its values changed, in some version of its API; as it is when that cannot be written. */
export function withOtherValues(frame: Buffer, random: Random): Buffer {
  const { body, header, name } = decodeRequest(Buffer.from(frame))
  const api: AnyApi = apis[name]
  for (let count = 1 + random.below(4); count > 0; count--) {
    const places = placesIn(body)
    if (places.length === 0) break
    const { field, holder } = random.pick(places)
    holder[field] = changed(holder[field], random)
  }
  const version = random.chance(2) ? header.version : api.min + random.below(api.max - api.min + 1)
  const clientId = random.chance(20) ? changedText('c', random) : header.clientId
  try {
    return encodeRequest(api, version, { correlationId: header.correlationId, clientId }, body).subarray(4)
  } catch {
    return frame
  }
}
