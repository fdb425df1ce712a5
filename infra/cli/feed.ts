// What flows without anybody asking for it?
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { countsOfRun } from '../../layers/store/counts'
import { closePools, poolFor } from '../../layers/store/pool'
import type { Place } from '../local/place'
import type { Stack } from '../local/stack'
import { readState, updateState } from '../local/state'

/** The simulator's pace; serverless.yml's schedule goes on with it each minute. */
const READINGS_PER_SECOND = 10
const LEAST_READINGS = 50
const FIRST_ROW_TIMEOUT_MS = 15_000
const POLL_MS = 20

/** Straight to the Lambda API: the SDK would cost a quarter of a second of the start. */
async function produce(lambda: string, event: Record<string, unknown>, signal: AbortSignal): Promise<boolean> {
  const answer = await fetch(`${lambda}/2015-03-31/functions/sluice-dev-produce-batch/invocations`, {
    method: 'POST',
    body: JSON.stringify(event),
    signal
  })
  const failed = answer.headers.has('x-amz-function-error') || !answer.ok
  const text = await answer.text()
  if (failed) throw new Error(`produce-batch: ${text.slice(0, 500)}`)
  return true
}

/** Readings until the schedule takes over at the next whole minute. */
function readingsUntilSchedule(): number {
  return Math.max(LEAST_READINGS, Math.ceil((60_000 - (Date.now() % 60_000)) / 1000) * READINGS_PER_SECOND)
}

async function waitForRow(url: string, run: string, signal: AbortSignal): Promise<number | undefined> {
  const deadline = performance.now() + FIRST_ROW_TIMEOUT_MS
  while (!signal.aborted && performance.now() < deadline) {
    if ((await countsOfRun(poolFor(url), run)).valid > 0) return Math.round(performance.now())
    await delay(POLL_MS)
  }
  return undefined
}

/**
 * Sends readings at each start and the samples of the other datasets at the first one.
 * @param onFirstRow told the milliseconds from the start of this process to the first valid reading in the database
 */
export async function feed(
  place: Place,
  stack: Stack,
  signal: AbortSignal,
  say: (sentence: string) => void,
  onFirstRow: (ms: number) => void
): Promise<void> {
  const { lambda, timescale } = stack.endpoints
  const run = randomBytes(6).toString('base64url')
  const simulated = stack.contracts.filter(({ source }) => source.kind === 'simulator').map(({ dataset }) => dataset)
  // the products' sample are rows that are there from the start; their validation cases are for `sluice run products`
  const samples = stack.contracts.filter(({ source }) => source.kind === 'csv').map(({ dataset }) => dataset)
  const complain = (error: Error) => {
    if (!signal.aborted) say(`sample data: ${error.message}`)
  }
  const readings = simulated.map(dataset =>
    produce(lambda, { dataset, run, count: readingsUntilSchedule(), rate: READINGS_PER_SECOND }, signal).catch(complain)
  )
  try {
    const firstRowMs = await waitForRow(timescale, run, signal)
    if (firstRowMs !== undefined) onFirstRow(firstRowMs)
  } catch (error) {
    complain(error as Error)
  } finally {
    await closePools()
  }
  for (const dataset of samples) {
    const fed = readState(place).fed ?? []
    if (signal.aborted || fed.includes(dataset)) continue
    const sent = await produce(lambda, { dataset }, signal).catch(complain)
    if (sent) updateState(place, { fed: [...fed, dataset] })
  }
  await Promise.all(readings)
}
