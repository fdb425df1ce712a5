// What do the registry and the facility managers know of the simulated building's devices?
import { type Building, deviceTypes, locations } from './iot-building'

/** Above what a double holds: a serial number is an unsigned 64-bit integer. */
const FIRST_SERIAL = 9_007_199_254_740_993n
const INSTALLED_AT = '2025-03-01 08:00:00.000000'
const UPDATED_AT = '2025-03-01 08:00:00.000001'

/** Rows of device_types, as they stand in the registry. */
export const registeredTypes = () =>
  deviceTypes.map((type, index) => ({
    device_type_id: index + 1,
    code: type.code,
    name: type.name,
    unit: type.unit,
    min_value: type.minimum.toFixed(4),
    max_value: type.maximum.toFixed(4),
    accuracy: type.accuracy.toFixed(4)
  }))

/** Rows of devices; their times are UTC. */
export const registeredDevices = ({ devices }: Building, intervalSeconds: number) =>
  devices.map(({ id, index, type, location }) => ({
    device_id: id,
    device_type_id: deviceTypes.indexOf(type) + 1,
    location_id: location.id,
    serial_number: String(FIRST_SERIAL + BigInt(index)),
    model: `${type.code}-X${1 + (index % 3)}`,
    firmware_version: `2.${index % 4}.0`,
    calibration_offset: ((index % 7) * 0.000125).toFixed(6),
    reading_interval_seconds: intervalSeconds,
    status: 'active',
    installed_at: INSTALLED_AT,
    updated_at: UPDATED_AT
  }))

/** Rows of locations. */
export const registeredLocations = () =>
  locations.map(({ id, zone, at: [latitude, longitude], ...rest }) => ({
    location_id: id,
    ...rest,
    timezone: zone,
    latitude: latitude.toFixed(6),
    longitude: longitude.toFixed(6),
    updated_at: `${UPDATED_AT}Z`
  }))
