// Readings changed, or a device: what does the warehouse say now?
import { config } from '../../layers/config'
import { contractOf, warehouseLog } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { seedIotHistory } from '../../layers/source/iot-history'
import { type Enriched, enrich } from './enrich'
import { type EnrichRequest, enrichRequest } from './request'
import { rulesSchema } from './rules'

const DATASET = 'iot'

async function history({ history: wanted = {} }: EnrichRequest) {
  const contract = contractOf(DATASET)
  const { historyDays = 7, historySeconds = 60 } = contract.generator
  const { days = historyDays, intervalSeconds = historySeconds, seed } = wanted
  return seedIotHistory(config(), contract, { days, intervalSeconds, seed, now: Date.now() })
}

/** The answer, flat. */
function summary({ devices, locations, hours, written, dropped }: Enriched) {
  return {
    device_versions: devices.opened,
    devices_completed: devices.completed,
    location_versions: locations.opened,
    locations_completed: locations.completed,
    hours,
    facts: written.facts,
    hourly_rows: written.hours,
    deleted: written.deleted,
    dropped_partitions: dropped
  }
}

export const handler = lambdaFunction('enrich-warehouse', enrichRequest, async request => {
  if (request.history) return history(request)
  const { days, full, testMode } = request
  const rules = rulesSchema.parse(request.rules ?? {})
  return summary(await enrich(config(), warehouseLog(DATASET), { days, full, testMode, rules, now: Date.now() }))
})
