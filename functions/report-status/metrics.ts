// What does a Prometheus server scrape?
import { Counter, Gauge, Registry } from 'prom-client'
import type { DatasetStatus } from './status'

/**
 * The accounts of all datasets in the Prometheus text format, version 0.0.4.
 * Names follow Prometheus' practice: unit last, `_total` for what only grows.
 */
export function metricsOf(datasets: readonly DatasetStatus[]): Promise<string> {
  const registers = [new Registry()]
  const produced = new Counter({
    name: 'sluice_records_produced_total',
    help: 'Records that the topic of the dataset got.',
    labelNames: ['dataset'],
    registers
  })
  const disposed = new Counter({
    name: 'sluice_records_total',
    help: 'Records by what became of them.',
    labelNames: ['dataset', 'disposition'],
    registers
  })
  const reasons = new Counter({
    name: 'sluice_quarantine_reasons_total',
    help: 'Quarantined records by reason; a record counts once for each of its reasons.',
    labelNames: ['dataset', 'reason'],
    registers
  })
  const inFlight = new Gauge({
    name: 'sluice_in_flight_records',
    help: 'Records produced and not yet accounted for.',
    labelNames: ['dataset'],
    registers
  })
  const lag = new Gauge({ name: 'sluice_lag_records', help: 'Offsets not yet worked off.', labelNames: ['dataset'], registers })
  for (const { dataset, ...status } of datasets) {
    produced.inc({ dataset }, status.produced)
    for (const disposition of ['valid', 'quarantined', 'duplicate'] as const) disposed.inc({ dataset, disposition }, status[disposition])
    for (const [reason, count] of Object.entries(status.reasons)) reasons.inc({ dataset, reason }, count)
    inFlight.set({ dataset }, status.in_flight)
    lag.set({ dataset }, status.lag_records)
  }
  return registers[0]!.metrics()
}
