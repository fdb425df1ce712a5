// Which values may a setting of some type and range take, and what is said of one it may not? In Kafka's own words (ConfigDef).
import { KafkaError } from '../protocol'

/** Values of `config_type` in DescribeConfigs. */
export const configType = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const

/** A kind of value: how it is described, and what it refuses. */
export interface ValueKind {
  type: number
  /** Why `value` cannot be kept; undefined when it can. `shown` is how Kafka quotes it. */
  refuse(value: string, name: string): { reason: string; shown?: string } | undefined
}

/** A whole number within `min` and `max`, both of them BigInt: Long.MAX_VALUE is a common value. */
function whole(type: number, typeName: string, bits: bigint, min?: bigint, fits?: (value: bigint) => string | undefined): ValueKind {
  const limit = 1n << (bits - 1n)
  return {
    type,
    refuse(value) {
      const text = value.trim()
      const number = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
      if (number === undefined || number < -limit || number >= limit) return { reason: `Not a number of type ${typeName}` }
      if (min !== undefined && number < min) return { reason: `Value must be at least ${min}`, shown: String(number) }
      const reason = fits?.(number)
      return reason === undefined ? undefined : { reason, shown: String(number) }
    }
  }
}

export const int = (min?: number, fits?: (value: bigint) => string | undefined): ValueKind =>
  whole(configType.int, 'INT', 32n, min === undefined ? undefined : BigInt(min), fits)
export const long = (min?: number): ValueKind => whole(configType.long, 'LONG', 64n, min === undefined ? undefined : BigInt(min))

export const truth: ValueKind = {
  type: configType.boolean,
  refuse: value => (/^(true|false)$/i.test(value.trim()) ? undefined : { reason: 'Expected value to be either true or false' })
}

/** A fraction within 0 and 1. */
export const fraction: ValueKind = {
  type: configType.double,
  refuse(value) {
    const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : Number.NaN
    if (Number.isNaN(number)) return { reason: 'Not a number of type DOUBLE' }
    const shown = Number.isInteger(number) ? number.toFixed(1) : String(number)
    if (number < 0) return { reason: 'Value must be at least 0', shown }
    return number > 1 ? { reason: 'Value must be no more than 1', shown } : undefined
  }
}

export const oneOf = (...allowed: string[]): ValueKind => ({
  type: configType.string,
  refuse: value => (allowed.includes(value.trim()) ? undefined : { reason: `String must be one of: ${allowed.join(', ')}` })
})

/** The elements of a list; an empty text is an empty list. */
export function elementsOf(value: string): string[] {
  return value.trim() === '' ? [] : value.split(',').map(each => each.trim())
}

export const listOf = (...allowed: string[]): ValueKind => ({
  type: configType.list,
  refuse(value) {
    const shown = elementsOf(value).find(each => !allowed.includes(each))
    return shown === undefined ? undefined : { reason: `String must be one of: ${allowed.join(', ')}`, shown }
  }
})

export const replicas: ValueKind = {
  type: configType.list,
  refuse(value, name) {
    const elements = elementsOf(value)
    const isFit = elements.every(each => /^\d+:\d+$/.test(each)) || (elements.length === 1 && elements[0] === '*')
    const format = '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
    const reason = `${name} must be the literal '*' or a list of replicas in the following format: ${format}`
    return isFit ? undefined : { reason, shown: `[${elements.join(', ')}]` }
  }
}

/** Throws KafkaError INVALID_CONFIG, naming the setting, its value and what is allowed, when `kind` refuses the value. */
export function checkValue(kind: ValueKind, name: string, value: string): void {
  const refusal = kind.refuse(value, name)
  if (refusal)
    throw new KafkaError('INVALID_CONFIG', `Invalid value ${refusal.shown ?? value} for configuration ${name}: ${refusal.reason}`)
}
