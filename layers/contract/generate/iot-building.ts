// Which devices does the simulated building have, what do they measure at a time, and what is wrong with them then?

/** What the registry knows of a kind of device, and how its quantity behaves. */
interface Quantity {
  code: string
  name: string
  unit: string
  /** What the device can measure at all. */
  minimum: number
  maximum: number
  /** The datasheet's accuracy, in the unit: noise, faults and the warehouse's thresholds are multiples of it. */
  accuracy: number
  decimals: number
  /** The mean over a day, and half of what it changes within one. */
  base: number
  amplitude: number
  /** Hour (UTC) at which it is greatest, and hours from one such hour to the next. */
  peakHour: number
  periodHours: number
}

export const deviceTypes: readonly Quantity[] = [
  {
    code: 'TEMP',
    name: 'Thermometer 🌡',
    unit: '°C',
    minimum: -40,
    maximum: 85,
    accuracy: 0.5,
    decimals: 2,
    base: 21,
    amplitude: 3,
    peakHour: 15,
    periodHours: 24
  },
  {
    code: 'HUM',
    name: 'Hygrometer',
    unit: '%',
    minimum: 0,
    maximum: 100,
    accuracy: 2,
    decimals: 1,
    base: 45,
    amplitude: 8,
    peakHour: 5,
    periodHours: 24
  },
  {
    code: 'PRES',
    name: 'Barometer',
    unit: 'hPa',
    minimum: 870,
    maximum: 1085,
    accuracy: 1,
    decimals: 2,
    base: 1013,
    amplitude: 1.2,
    peakHour: 10,
    periodHours: 12
  },
  {
    code: 'VIB',
    name: 'Accelerometer',
    unit: 'mm/s',
    minimum: 0,
    maximum: 50,
    accuracy: 0.3,
    decimals: 3,
    base: 4,
    amplitude: 1.2,
    peakHour: 12,
    periodHours: 24
  },
  {
    code: 'CO2',
    name: 'CO₂ sensor',
    unit: 'ppm',
    minimum: 0,
    maximum: 5000,
    accuracy: 40,
    decimals: 0,
    base: 650,
    amplitude: 220,
    peakHour: 14,
    periodHours: 24
  }
]

export const locations = [
  {
    id: 'LOC-001',
    name: 'Cold store ❄',
    building: 'North',
    floor: 0,
    city: 'Hamburg',
    country: 'DE',
    zone: 'Europe/Berlin',
    at: [53.5511, 9.9937]
  },
  {
    id: 'LOC-002',
    name: 'Packing hall',
    building: 'North',
    floor: 1,
    city: 'Hamburg',
    country: 'DE',
    zone: 'Europe/Berlin',
    at: [53.5512, 9.994]
  },
  {
    id: 'LOC-003',
    name: 'Loading dock',
    building: 'South',
    floor: 0,
    city: 'Rotterdam',
    country: 'NL',
    zone: 'Europe/Amsterdam',
    at: [51.9244, 4.4777]
  },
  {
    id: 'LOC-004',
    name: 'Office',
    building: 'South',
    floor: 2,
    city: 'Rotterdam',
    country: 'NL',
    zone: 'Europe/Amsterdam',
    at: [51.9245, 4.4778]
  },
  { id: 'LOC-005', name: 'Roof', building: 'East', floor: 5, city: 'Kraków', country: 'PL', zone: 'Europe/Warsaw', at: [50.0647, 19.945] }
] as const

export interface Device {
  id: string
  index: number
  type: Quantity
  location: (typeof locations)[number]
}

/** Devices of every type in turn: the first five are `TEMP-001`, `HUM-001`, `PRES-001`, `VIB-001`, `CO2-001`. */
export function devicesOf(count: number): Device[] {
  return Array.from({ length: count }, (_, index) => {
    const type = deviceTypes[index % deviceTypes.length]!
    const number = floor(index / deviceTypes.length)
    return {
      id: `${type.code}-${String(number + 1).padStart(3, '0')}`,
      index,
      type,
      location: locations[(index + number) % locations.length]!
    }
  })
}

export type FaultKind = 'spike' | 'drift' | 'stuck' | 'dropout'

/** Something that was wrong with a device, from `from` to `to`, both epoch milliseconds and both included. */
export interface Fault {
  deviceId: string
  kind: FaultKind
  from: number
  to: number
}

// a lookup of a global takes longer than a mixing, above all inside jest
const { cos, floor, imul, log, max, min, PI, sqrt, ceil } = Math
const TWO_32 = 4_294_967_296
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A device has at most one lasting fault in a quarter of a day, and ends it there. */
const QUARTER_MS = 6 * HOUR_MS
/** The share of quarters with each lasting fault, and how long it lasts. */
const LASTING: Record<Exclude<FaultKind, 'spike'>, { share: number; minutes: readonly [least: number, most: number] }> = {
  drift: { share: 0.025, minutes: [180, 300] },
  stuck: { share: 0.025, minutes: [30, 180] },
  dropout: { share: 0.025, minutes: [20, 120] }
}
/** A spike is in what is read within the first second of a minute; this share of a device's minutes has one. */
const SPIKE_SHARE = 0.001
const SPIKE_MS = 1000
/** How far a fault takes a reading away from what it should be, in accuracies; a drift grows to it. */
const SPIKE_ACCURACIES = [2, 8] as const
const DRIFT_ACCURACIES = [3, 8] as const
/** One standard deviation of the noise of a reading, and the most by which a day differs from the usual one, in accuracies. */
const NOISE_ACCURACIES = 1 / 3
const WEATHER_ACCURACIES = 0.6
const BATTERY_MISSING_SHARE = 0.01
/** Per cent of the battery that a day takes; it is changed when little is left. */
const BATTERY_DAY = 0.7
const BATTERY_SPAN = 95

/** What a choice is for: choices of one kind do not depend on those of another. */
const CHOICE = { fault: 1, spike: 2, size: 3, noise: 4, angle: 5, weather: 6, battery: 7, start: 8, length: 9, place: 10 } as const

/** Takes one more number of 32 bits into a hash. The mixing is that of MurmurHash3's finalizer. */
function mixed(state: number, number: number): number {
  let next = imul(state ^ imul(number, 0xcc9e2d51), 0x1b873593)
  next = imul(next ^ (next >>> 16), 0x85ebca6b)
  next = imul(next ^ (next >>> 13), 0xc2b2ae35)
  return next ^ (next >>> 16)
}

/** From 0 up to, but not including, 1: the same for the same numbers. The last may have 53 bits. */
function chosen(seed: number, choice: number, which: number, when: number): number {
  const state = mixed(mixed(mixed(seed | 0, choice), which), when | 0)
  return (mixed(state, (when / TWO_32) | 0) >>> 0) / TWO_32
}

const between = ([least, most]: readonly [number, number], unit: number) => least + (most - least) * unit

interface Lasting extends Fault {
  kind: Exclude<FaultKind, 'spike'>
  /** Where a drift ends, in the unit. */
  size: number
}

/**
 * A building whose every value follows from its seed, the device and the time, whatever is asked before: history and stream agree.
 * @param seed of curves, noise and faults
 * @param count of devices
 */
export class Building {
  readonly devices: Device[]
  private readonly quarters = new Map<number, Lasting | null>()

  constructor(
    readonly seed: number,
    count: number
  ) {
    this.devices = devicesOf(count)
  }

  /**
   * What a device sends for a time; undefined while it is silent.
   * @param time epoch milliseconds
   */
  reading(device: Device, time: number): { value: string; battery: string | undefined } | undefined {
    const fault = this.lasting(device, time)
    if (fault?.kind === 'dropout') return undefined
    const spike = fault?.kind === 'stuck' ? 0 : this.spike(device, time)
    const drift = fault?.kind === 'drift' ? (fault.size * (time - fault.from)) / (fault.to - fault.from) : 0
    const { decimals, minimum, maximum } = device.type
    const value = this.usual(device, fault?.kind === 'stuck' ? fault.from : time) + drift + spike
    return { value: min(maximum, max(minimum, value)).toFixed(decimals), battery: this.battery(device, time) }
  }

  isSilent(device: Device, time: number): boolean {
    return this.lasting(device, time)?.kind === 'dropout'
  }

  /** Every fault that begins in a span of time, in order: the truth that detection is measured against. Epoch milliseconds. */
  faults(from: number, to: number): Fault[] {
    const found: Fault[] = []
    for (const device of this.devices) {
      for (let quarter = floor(from / QUARTER_MS); quarter * QUARTER_MS < to; quarter++) {
        const fault = this.lastingOf(device, quarter)
        if (fault && fault.from >= from && fault.from < to)
          found.push({ deviceId: fault.deviceId, kind: fault.kind, from: fault.from, to: fault.to })
      }
      for (let time = ceil(from / MINUTE_MS) * MINUTE_MS; time < to; time += MINUTE_MS) {
        if (this.spike(device, time) === 0) continue
        const kind = this.lasting(device, time)?.kind
        if (kind !== 'stuck' && kind !== 'dropout') found.push({ deviceId: device.id, kind: 'spike', from: time, to: time + SPIKE_MS - 1 })
      }
    }
    return found.sort((left, right) => left.from - right.from || (left.deviceId < right.deviceId ? -1 : 1))
  }

  /** What a sound device would measure: the day's curve of its place, the weather and noise. */
  private usual(device: Device, time: number): number {
    const { type, index } = device
    const place = locations.indexOf(device.location)
    const level = type.base + (place - 2) * type.accuracy * 2 + (chosen(this.seed, CHOICE.place, index, 0) - 0.5) * type.accuracy
    const amplitude = type.amplitude * (0.7 + 0.1 * place)
    const curve = amplitude * cos(((time / HOUR_MS - type.peakHour) * 2 * PI) / type.periodHours)
    const day = floor(time / DAY_MS)
    const weatherOf = (number: number) =>
      2 * chosen(this.seed, CHOICE.weather, (index % deviceTypes.length) * locations.length + place, number) - 1
    const part = (1 - cos(((time - day * DAY_MS) / DAY_MS) * PI)) / 2
    const weather = weatherOf(day) * (1 - part) + weatherOf(day + 1) * part
    const unit = 1 - chosen(this.seed, CHOICE.noise, index, time)
    const angle = chosen(this.seed, CHOICE.angle, index, time) * 2 * PI
    const noise = sqrt(-2 * log(unit)) * cos(angle)
    return level + curve + type.accuracy * (WEATHER_ACCURACIES * weather + NOISE_ACCURACIES * noise)
  }

  private battery({ index }: Device, time: number): string | undefined {
    if (chosen(this.seed, CHOICE.battery, index, time) < BATTERY_MISSING_SHARE) return undefined
    return (100 - (((time / DAY_MS) * BATTERY_DAY + index * 13) % BATTERY_SPAN)).toFixed(2)
  }

  private spike({ index, type }: Device, time: number): number {
    const minute = floor(time / MINUTE_MS)
    if (time - minute * MINUTE_MS >= SPIKE_MS || chosen(this.seed, CHOICE.spike, index, minute) >= SPIKE_SHARE) return 0
    return type.accuracy * this.away(SPIKE_ACCURACIES, index, minute)
  }

  private lasting(device: Device, time: number): Lasting | undefined {
    const fault = this.lastingOf(device, floor(time / QUARTER_MS))
    return fault && time >= fault.from && time <= fault.to ? fault : undefined
  }

  private lastingOf(device: Device, quarter: number): Lasting | null {
    const key = quarter * this.devices.length + device.index
    let fault = this.quarters.get(key)
    if (fault === undefined) this.quarters.set(key, (fault = this.chooseLasting(device, quarter)))
    return fault
  }

  private chooseLasting(device: Device, quarter: number): Lasting | null {
    let draw = chosen(this.seed, CHOICE.fault, device.index, quarter)
    for (const kind of ['drift', 'stuck', 'dropout'] as const) {
      const { share, minutes } = LASTING[kind]
      if (draw < share) {
        const length = floor(between(minutes, chosen(this.seed, CHOICE.length, device.index, quarter))) * MINUTE_MS
        const room = QUARTER_MS / MINUTE_MS - length / MINUTE_MS - 2
        const from = quarter * QUARTER_MS + (1 + floor(room * chosen(this.seed, CHOICE.start, device.index, quarter))) * MINUTE_MS
        return {
          deviceId: device.id,
          kind,
          from,
          to: from + length,
          size: device.type.accuracy * this.away(DRIFT_ACCURACIES, device.index, quarter)
        }
      }
      draw -= share
    }
    return null
  }

  /** Up or down by a size within a range. */
  private away(range: readonly [number, number], index: number, number: number): number {
    const unit = chosen(this.seed, CHOICE.size, index, number)
    return unit < 0.5 ? -between(range, unit * 2) : between(range, unit * 2 - 1)
  }
}
