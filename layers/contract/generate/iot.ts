// Which readings would the devices of the building send?
import type { Contract, GeneratedRecord } from '../types'
import { Building } from './iot-building'
import { countReasons, newOracle, Random } from './random'
import { CHUNK_RECORDS, clockOf, READINGS_PER_SENSOR, type SensorOptions } from './sensors'

const DEFAULT_SEED = 42
const DEFAULT_DEVICES = 20
/** Tenths: one in six is outside of what the contract allows (-100 to 100,000). */
const WILD = { share: 1 / 6, least: -500_000, most: -1_001 }

/**
 * The building that a contract's generator describes.
 * @param seed and devices replace those of the contract
 */
export function buildingOf(contract: Contract, { seed, devices }: { seed?: number; devices?: number } = {}): Building {
  return new Building(seed ?? contract.generator['seed'] ?? DEFAULT_SEED, devices ?? contract.generator['devices'] ?? DEFAULT_DEVICES)
}

/** Shares as bounds of one draw. */
function boundsOf(generator: Record<string, number>) {
  const { shareWithoutTimestamp = 0, shareWildValue = 0, shareDelayed = 0, shareWithoutDeviceId = 0, shareDuplicate = 0 } = generator
  const timestamp = shareWithoutTimestamp
  const wild = timestamp + shareWildValue
  const delayed = wild + shareDelayed
  const device = delayed + shareWithoutDeviceId
  return { timestamp, wild, delayed, device, duplicate: device + shareDuplicate }
}

/**
 * Readings of the building's devices with the mistakes of the contract's generator settings, in chunks. The building is the contract's;
 * `options.seed` stands for the mistakes alone. Devices that are silent when the stream begins send nothing. The pair of time and device
 * is unique but for the deliberate duplicates, as it is with the warehouse sensors.
 */
export function* generateIot(contract: Contract, options: SensorOptions): Generator<GeneratedRecord[]> {
  const make = simulator(contract, options)
  for (let from = 0; from < options.count; from += CHUNK_RECORDS) {
    const length = Math.min(CHUNK_RECORDS, options.count - from)
    yield Array.from({ length }, (_, index) => make(from + index))
  }
}

function simulator(contract: Contract, options: SensorOptions): (index: number) => GeneratedRecord {
  const { notice, oracle = newOracle(), count, perSecond, startTimeMs } = options
  const random = new Random(options.seed)
  const bounds = boundsOf(contract.generator)
  const needed = perSecond === undefined ? Math.ceil(count / READINGS_PER_SENSOR) : Math.ceil(perSecond / 1000)
  const building = buildingOf(contract, { devices: Math.max(contract.generator['devices'] ?? DEFAULT_DEVICES, needed) })
  const awake = building.devices.filter(device => !building.isSilent(device, startTimeMs))
  const devices = awake.length >= needed && awake.length > 0 ? awake : building.devices
  const clock = clockOf(contract, options, devices.length)
  let last: GeneratedRecord | undefined

  return index => {
    const draw = random.unit()
    const device = devices[index % devices.length]!
    const time = clock.timeOf(index)
    // a device that falls silent in mid-stream: its last words are those of a sound one
    const { value, battery } = building.reading(device, time) ??
      building.reading(device, startTimeMs) ?? { value: String(device.type.base), battery: undefined }
    const rest = `${battery === undefined ? '' : `,"battery_level":${battery}`}}`
    const message = (timestamp: string, measured: string | number): GeneratedRecord => ({
      key: device.id,
      value: `{"timestamp":"${timestamp}","device_id":"${device.id}","value":${measured}${rest}`
    })
    oracle.records++
    if (draw >= bounds.duplicate || (draw >= bounds.device && !last)) {
      oracle.valid++
      return (last = message(clock.at(index), value))
    }
    if (draw < bounds.timestamp) {
      countReasons(oracle, ['timestamp_missing'])
      notice?.(`Sending reading WITHOUT timestamp from ${device.id}`)
      return { key: device.id, value: `{"device_id":"${device.id}","value":${value}${rest}` }
    }
    if (draw < bounds.wild) {
      if (!random.chance(WILD.share)) {
        // some device may measure this, but not this one: the warehouse, which knows its type, sees it
        oracle.valid++
        return message(clock.at(index), device.type.maximum * 2)
      }
      const wild = random.integer(WILD.least, WILD.most) / 10
      countReasons(oracle, ['value_out_of_range'])
      notice?.(`Sending INVALID value: ${wild}`)
      return message(clock.at(index), wild)
    }
    if (draw < bounds.delayed) {
      const late = !random.chance(0.4)
      if (late) {
        countReasons(oracle, ['late'])
        notice?.(`Sending LATE reading from ${device.id}`)
      } else oracle.valid++
      return message(clock.delayed(index, late), value)
    }
    if (draw < bounds.device) {
      countReasons(oracle, ['device_id_missing'])
      notice?.('Sending reading WITHOUT device_id')
      return { key: null, value: `{"timestamp":"${clock.at(index)}","value":${value}${rest}` }
    }
    oracle.duplicate++
    notice?.(`Sending DUPLICATE from ${last!.key}`)
    return last!
  }
}
