// What does every command know, and what do its exit codes mean?
import { PipelineError } from '../../layers/errors'
import { type Place, placeOf } from '../local/place'

/** 0 done · 1 it was tried and failed · 2 asked or configured wrongly, nothing was started · 130 ended by Ctrl-C. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

export const exitCodeHelp = `
Exit codes: 0 done; 1 failed; 2 wrong usage, configuration or contract (nothing was started); 130 ended by Ctrl-C.`

export interface Context {
  place: Place
  /** Where the user is: relative files are relative to it. */
  cwd: string
  /** `--json`: one object on standard output and nothing else there. */
  json: boolean
}

export function contextOf(root: string, json = false): Context {
  // npm start and npm run change to the package folder and keep the user's in INIT_CWD
  return { place: placeOf(root, process.env['SLUICE_STATE'] || undefined), cwd: process.env['INIT_CWD'] ?? process.cwd(), json }
}

const usageCodes = new Set(['CONFIG_INVALID', 'CONTRACT_INVALID', 'CONTRACT_UNKNOWN', 'SOURCE_UNREADABLE', 'USAGE'])

export function exitCodeOf(error: unknown): number {
  return error instanceof PipelineError && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed
}

/** A wrong argument: names it, the nearest right one and what to do. */
export function usageError(message: string, nearestName: string | undefined, known: readonly string[]): PipelineError {
  const guess = nearestName === undefined ? '' : `Did you mean '${nearestName}'? `
  return new PipelineError('USAGE', message, { remedy: `${guess}Known are: ${known.join(', ')}.` })
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
