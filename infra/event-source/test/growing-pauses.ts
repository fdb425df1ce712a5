// How often may a client have tried by now that pauses longer and longer after each failure?
import { backoffMs, RECONNECT_BACKOFF } from '../src/client/backoff'

/** Attempts that fit into `ms` with the pauses between them; the first is at the beginning. */
export function attemptsWithin(ms: number): number {
  let attempts = 1
  for (let at = backoffMs(1, RECONNECT_BACKOFF); at <= ms; at += backoffMs(attempts, RECONNECT_BACKOFF)) attempts++
  return attempts
}
