// How does the embedded broker run beside the functions?
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { LogFile } from './log-file'
import { PortInUse, startNodeService } from './node-service'
import type { Place } from './place'
import { freePort } from './ports'
import type { RunningService } from './supervised'

const START_TIMEOUT_MS = 30_000
const STOP_MS = 600
const PORT_ATTEMPTS = 20

/** The broker prints this line once it listens. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    let printed = ''
    child.stdout!.on('data', chunk => {
      if (printed.length < 65_536) printed += String(chunk)
      if (/sluice-broker listening on /.test(printed)) resolve()
    })
  })
}

/**
 * Starts the broker in a process of its own, so that it and the functions use different cores.
 * @param port the wished port; the next free one when somebody else was faster
 * @throws PipelineError SERVICE_FAILED
 */
export async function startBrokerProcess(place: Place, port: number): Promise<RunningService> {
  const log = new LogFile(join(place.logs, 'kafka.log'))
  const bin = join(place.root, 'infra', 'broker', 'dist', 'bin.js')
  const avoid = new Set<number>()
  for (let chosen = port; ; ) {
    try {
      const service = await startNodeService({
        name: 'The broker',
        // readings of years ago are to stay: records go by the age of what they tell of, and only where a topic's own settings say so
        args: [bin, '--port', String(chosen), '--host', '127.0.0.1', '--data-dir', place.kafka, '--config', 'log.retention.ms=-1'],
        cwd: place.root,
        env: process.env,
        log,
        ready: listening,
        timeoutMs: START_TIMEOUT_MS,
        stopMs: STOP_MS
      })
      return { ...service, port: chosen }
    } catch (error) {
      if (!(error instanceof PortInUse) || avoid.size >= PORT_ATTEMPTS) throw error
      avoid.add(chosen)
      chosen = await freePort([chosen + 1], avoid)
    }
  }
}
