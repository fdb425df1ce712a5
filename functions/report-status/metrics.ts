// What does a Prometheus server scrape?
import { Counter, Gauge, Registry } from 'prom-client'
import type { ScheduleReport } from './schedules'
import type { DatasetStatus } from './status'

/**
 * The accounts of all datasets and what became of the schedules' runs, in the Prometheus text format, version 0.0.4.
 * Names follow Prometheus' practice: unit last, `_total` for what only grows.
 */
export function metricsOf(datasets: readonly DatasetStatus[], { schedules, counts }: ScheduleReport): Promise<string> {
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
  addSchedules(registers, schedules, counts)
  return registers[0]!.metrics()
}

function addSchedules(registers: Registry[], schedules: ScheduleReport['schedules'], counts: ScheduleReport['counts']): void {
  const runs = new Counter({
    name: 'sluice_schedule_runs_total',
    help: 'Runs of a schedule by how they ended.',
    labelNames: ['schedule', 'outcome'],
    registers
  })
  const labelNames = ['schedule']
  const enabled = new Gauge({ name: 'sluice_schedule_enabled', help: '1 when the schedule runs at its times.', labelNames, registers })
  const running = new Gauge({ name: 'sluice_schedule_running', help: '1 while a run goes on.', labelNames, registers })
  const next = new Gauge({
    name: 'sluice_schedule_next_run_timestamp_seconds',
    help: 'When it falls due next.',
    labelNames,
    registers
  })
  const duration = new Gauge({
    name: 'sluice_schedule_last_duration_seconds',
    help: 'How long the run took that ended last.',
    labelNames,
    registers
  })
  for (const { schedule, outcome, count } of counts) runs.inc({ schedule, outcome }, count)
  for (const { schedule, ...status } of schedules) {
    enabled.set({ schedule }, Number(status.enabled))
    running.set({ schedule }, Number(status.running_since !== null))
    if (status.next_run !== null) next.set({ schedule }, Date.parse(status.next_run) / 1000)
    if (status.last_run?.duration_ms != null) duration.set({ schedule }, status.last_run.duration_ms / 1000)
  }
}
