// How does a command get a running stack that outlives it?
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrorCode, PipelineError, remedies } from '../../layers/errors'
import { waitUntilReady } from '../local/adopt'
import { tailOf } from '../local/log-file'
import type { Place } from '../local/place'
import { type Endpoints, liveState } from '../local/state'

/** What a detached supervisor tells the command that started it, over IPC, before both go their ways. */
export type SupervisorMessage = { type: 'ready'; endpoints: Endpoints } | { type: 'failed'; code: string; message: string; remedy: string }

function startDetached(place: Place, flags: string[]): Promise<Endpoints> {
  mkdirSync(place.logs, { recursive: true })
  const log = join(place.logs, 'supervisor.log')
  const output = openSync(log, 'a', 0o600)
  const child = spawn(process.execPath, [join(place.root, 'infra', 'cli', 'sluice.mjs'), 'start', '--supervise', ...flags], {
    cwd: place.root,
    env: { ...process.env, SLUICE_STATE: place.state },
    detached: true,
    stdio: ['ignore', output, output, 'ipc']
  })
  closeSync(output)
  return new Promise<Endpoints>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code =>
      reject(new PipelineError('SERVICE_FAILED', `the services did not start (exit code ${code}): ${tailOf(log, 4)}`))
    )
    child.on('message', (message: SupervisorMessage) => {
      child.disconnect()
      if (message.type === 'ready') return resolve(message.endpoints)
      const code = (message.code in remedies ? message.code : 'SERVICE_FAILED') as ErrorCode
      reject(new PipelineError(code, message.message, { remedy: message.remedy }))
    })
  }).finally(() => child.unref())
}

/**
 * The endpoints of the running stack, with its functions; starts one that stays when there is none.
 * @param say told once when it has to start
 * @param flags of `start`; by default without sample data, so that what a command counts is what it sent
 * @returns `started` when this call did it
 * @throws PipelineError what starting throws
 */
export async function ensureUp(
  place: Place,
  say: (sentence: string) => void,
  flags: string[] = ['--no-samples']
): Promise<{ endpoints: Endpoints; started: boolean }> {
  const live = liveState(place)
  if (live !== undefined && live.supervisor.kind !== 'invoke') {
    const endpoints = await waitUntilReady(place, live.supervisor)
    if (endpoints !== undefined) return { endpoints, started: false }
  }
  say('Starting the services …')
  return { endpoints: await startDetached(place, flags), started: true }
}
