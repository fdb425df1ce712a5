// Which readings would the warehouse sensors send?
import type { Contract, GeneratedRecord, Oracle } from '../types'
import { countReasons, newOracle, Random } from './random'

export interface SensorOptions {
  count: number
  /** The same seed gives the same readings but for their times. */
  seed: number
  /** Epoch milliseconds of now: of the first reading when `perSecond` is given, else of the last. */
  startTimeMs: number
  /** Readings a second, for a stream that is sent as time goes by; without it the readings lie in the minutes before now. */
  perSecond?: number
  /** Counts what the pipeline must make of the readings. */
  oracle?: Oracle
  /** Told of every deliberate mistake and duplicate. */
  notice?: (text: string) => void
}

/** Messages that are made at once. */
export const CHUNK_RECORDS = 5000
/**
 * Readings that are sent at once lie within this time before now: none of them becomes late (30 minutes) however long sending takes
 * within reason, and none reaches the delayed ones (10 minutes and more).
 */
const SPAN_MS = 9 * 60_000
/** More readings than this at once take more sensors: their keys spread over the partitions, as a larger site's would. */
export const READINGS_PER_SENSOR = 2000
const MINUTE_MS = 60_000
/** Delayed readings: 10 to 20 minutes, still in time, and 31 to 60 minutes, late; nothing near 30, where sending would decide. */
const DELAYED = { from: 10 * MINUTE_MS, slots: 10 * MINUTE_MS, stride: 370_003, share: 0.4 }
const LATE = { from: 31 * MINUTE_MS, slots: 29 * MINUTE_MS, stride: 1_075_003 }
/** Between the microseconds of punctual and of delayed readings, so that they never meet. */
const DELAYED_MICROS = 500

/** Values in hundredths, as text: formatting a number costs more than the rest of a message. */
const hundredths = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String((from + index) / 100))
const TEMPERATURES = hundredths(1800, 2800)
const HUMIDITIES = hundredths(3500, 6500)
const PRESSURES = hundredths(99_500, 101_500)
const WILD_TENTHS = { least: -500, most: 1000 }
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'))

/**
 * Readings in the shape and with the mistakes of the contract's generator settings, in chunks. The pair of time and sensor is unique but
 * for the deliberate duplicates, also between runs whose times overlap: microseconds tell the runs apart.
 */
export function* generateSensors(contract: Contract, options: SensorOptions): Generator<GeneratedRecord[]> {
  const make = simulator(contract, options)
  for (let from = 0; from < options.count; from += CHUNK_RECORDS) {
    const length = Math.min(CHUNK_RECORDS, options.count - from)
    yield Array.from({ length }, (_, index) => make(from + index))
  }
}

/** Shares as bounds of one draw. */
function boundsOf(generator: Record<string, number>) {
  const { shareWithoutTimestamp = 0, shareWildTemperature = 0, shareDelayed = 0, shareWithoutSensorId = 0, shareDuplicate = 0 } = generator
  const timestamp = shareWithoutTimestamp
  const wild = timestamp + shareWildTemperature
  const delayed = wild + shareDelayed
  const sensor = delayed + shareWithoutSensorId
  return { timestamp, wild, delayed, sensor, duplicate: sensor + shareDuplicate }
}

function simulator(contract: Contract, options: SensorOptions): (index: number) => GeneratedRecord {
  const { notice, oracle = newOracle() } = options
  const random = new Random(options.seed)
  const bounds = boundsOf(contract.generator)
  const temperatureRange = contract.fields.find(field => field.name === 'temperature')?.range ?? {}
  const places = placesOf(contract, options)
  const clock = clockOf(contract, options, places.length)
  let last: GeneratedRecord | undefined

  return index => {
    const draw = random.unit()
    const place = places[index % places.length]!
    const temperature = TEMPERATURES[random.integer(0, TEMPERATURES.length - 1)]!
    const rest = `,"humidity":${random.pick(HUMIDITIES)},"pressure":${random.pick(PRESSURES)},"location":"${place.location}"}`
    oracle.records++
    if (draw >= bounds.duplicate || (draw >= bounds.sensor && !last)) {
      oracle.valid++
      return (last = {
        key: place.id,
        value: `{"timestamp":"${clock.at(index)}","sensor_id":"${place.id}","temperature":${temperature}${rest}`
      })
    }
    if (draw < bounds.timestamp) {
      countReasons(oracle, ['timestamp_missing'])
      notice?.(`Sending reading WITHOUT timestamp from ${place.id}`)
      return { key: place.id, value: `{"sensor_id":"${place.id}","temperature":${temperature}${rest}` }
    }
    if (draw < bounds.wild) {
      const wild = random.integer(WILD_TENTHS.least, WILD_TENTHS.most) / 10
      const invalid = wild < (temperatureRange.minimum ?? wild) || wild > (temperatureRange.maximum ?? wild)
      if (invalid) {
        countReasons(oracle, ['temperature_out_of_range'])
        notice?.(`Sending INVALID temperature: ${wild}°C`)
      } else oracle.valid++
      return { key: place.id, value: `{"timestamp":"${clock.at(index)}","sensor_id":"${place.id}","temperature":${wild}${rest}` }
    }
    if (draw < bounds.delayed) {
      const late = !random.chance(DELAYED.share)
      if (late) {
        countReasons(oracle, ['late'])
        notice?.(`Sending LATE reading from ${place.id}`)
      } else oracle.valid++
      return {
        key: place.id,
        value: `{"timestamp":"${clock.delayed(index, late)}","sensor_id":"${place.id}","temperature":${temperature}${rest}`
      }
    }
    if (draw < bounds.sensor) {
      countReasons(oracle, ['sensor_id_missing'])
      notice?.('Sending reading WITHOUT sensor_id')
      return { key: null, value: `{"timestamp":"${clock.at(index)}","temperature":${temperature}${rest}` }
    }
    oracle.duplicate++
    notice?.(`Sending DUPLICATE from ${last!.key}`)
    return last!
  }
}

interface Place {
  id: string
  location: string
}

/** The contract's sensors; more where many readings are made at once or within one millisecond. */
function placesOf(contract: Contract, options: SensorOptions): Place[] {
  const wanted = contract.generator['sensors'] ?? 3
  const needed = options.perSecond === undefined ? Math.ceil(options.count / READINGS_PER_SENSOR) : Math.ceil(options.perSecond / 1000)
  return Array.from({ length: Math.max(1, wanted, needed) }, (_, index) => ({
    id: `sensor_${String(index + 1).padStart(3, '0')}`,
    location: `warehouse_${String.fromCharCode(97 + (index % 26))}`
  }))
}

/** Times of a run's readings, distinct for each sensor; those of another run meet none of them. */
export function clockOf(contract: Contract, options: SensorOptions, sensors: number) {
  const { count, startTimeMs, perSecond } = options
  const start = Math.floor(startTimeMs)
  const slots = Math.ceil(count / sensors)
  const usual = Math.floor((sensors * 1000) / (contract.generator['readingsPerSecond'] ?? 10))
  const step = Math.max(1, Math.min(usual, Math.floor(SPAN_MS / slots)))
  const micros = new Random(Math.imul(options.seed + 1, 0x9e3779b1) ^ start).integer(0, 999)
  const format = timeFormat()
  let delayed = 0
  let late = 0
  const timeOf = (index: number) =>
    perSecond === undefined ? start - (slots - Math.floor(index / sensors)) * step : start + Math.floor((index * 1000) / perSecond)
  return {
    /** Epoch milliseconds. */
    timeOf,
    at: (index: number) => format(timeOf(index), micros),
    /** Distinct for each call: multiples of a stride that has no factor in common with the number of slots. */
    delayed: (index: number, isLate: boolean) => {
      const base = perSecond === undefined ? start : timeOf(index)
      const { from, slots: size, stride } = isLate ? LATE : DELAYED
      const offset = ((isLate ? late++ : delayed++) * stride) % size
      return format(base - from - offset, (micros + DELAYED_MICROS) % 1000)
    }
  }
}

/** `2026-01-31T08:15:30.250017Z`; the second is formatted once for the readings that share it. */
function timeFormat(): (ms: number, micros: number) => string {
  let second = Number.NaN
  let prefix = ''
  return (ms, micros) => {
    const now = Math.floor(ms / 1000)
    if (now !== second) {
      second = now
      prefix = new Date(now * 1000).toISOString().slice(0, 20)
    }
    return `${prefix}${THREE_DIGITS[ms - now * 1000]}${THREE_DIGITS[micros]}Z`
  }
}

/**
 * The sample that is there before streaming starts: good readings of the contract's sensors, evenly over the last minutes.
 * @returns rows in the order of the contract's columns, times in epoch milliseconds
 */
export function sampleReadings(contract: Contract, options: { seed: number; nowMs: number }): unknown[][] {
  const random = new Random(options.seed)
  const { sampleRows = 1000, sampleMinutes = 120 } = contract.generator
  const places = placesOf(contract, { count: sampleRows, seed: options.seed, startTimeMs: options.nowMs })
  const step = (sampleMinutes * MINUTE_MS) / sampleRows
  return Array.from({ length: sampleRows }, (_, index) => {
    const place = places[index % places.length]!
    const reading: Record<string, unknown> = {
      time: Math.floor(options.nowMs - (sampleRows - index) * step),
      sensor_id: place.id,
      temperature: Number(random.pick(TEMPERATURES)),
      humidity: Number(random.pick(HUMIDITIES)),
      pressure: Number(random.pick(PRESSURES)),
      location: place.location
    }
    return contract.table.columns.map(column => reading[column.name] ?? null)
  })
}
