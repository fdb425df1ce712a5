// How is a service that is a Node program started, known to be ready, and ended?
import { type ChildProcess, spawn } from 'node:child_process'
import { PipelineError } from '../../layers/errors'
import type { LogFile } from './log-file'
import { endProcess, identityOf, type ProcessIdentity } from './processes'
import { trackStart } from './starting'

export interface NodeProgram {
  name: string
  /** Script and its arguments. */
  args: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  log: LogFile
  /** Resolves when the program says that it takes connections. */
  ready(child: ChildProcess): Promise<void>
  timeoutMs: number
  /** What a polite end may take before SIGKILL. */
  stopMs: number
}

export interface NodeService {
  process: ProcessIdentity
  ended: Promise<string>
  stop(): Promise<void>
  kill(): void
}

/** The program found its port in use. */
export class PortInUse extends Error {}

/**
 * Spawns the program in a process group of its own (Ctrl-C in the terminal must reach only us, who know the order of ending) and with an IPC
 * channel, whose end tells it that we are gone.
 * @throws PortInUse; PipelineError SERVICE_FAILED with the end of what it printed
 */
export async function startNodeService(program: NodeProgram): Promise<NodeService> {
  const { log } = program
  const child = spawn(process.execPath, program.args, {
    cwd: program.cwd,
    env: program.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const start = trackStart(child)
  let printed = ''
  const read = (chunk: Buffer) => {
    log.write(chunk)
    printed = (printed + chunk.toString('utf8')).slice(-4096)
  }
  child.stdout!.on('data', read)
  child.stderr!.on('data', read)
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  const identity = child.pid === undefined ? undefined : identityOf(child.pid)
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve(`not ready after ${program.timeoutMs / 1000} s`), program.timeoutMs)
  })
  const closed = new Promise<string>(resolve => child.once('close', () => resolve('ended')))
  // its last words come before 'close'
  const failure = await Promise.race([
    program.ready(child).then(() => ''),
    ended.then(how => Promise.race([closed, timeout]).then(() => how)),
    timeout
  ])
  clearTimeout(timer)
  if (failure === '' && identity !== undefined) {
    start.started()
    return {
      process: identity,
      ended,
      stop: () => endProcess(identity, [['SIGTERM', program.stopMs]]),
      kill: () => void child.kill('SIGKILL')
    }
  }
  child.kill('SIGKILL')
  // the framework's words, then the broker's
  if (/EADDRINUSE|address already in use|port \d+ on \S+ is taken/i.test(printed)) throw new PortInUse(printed)
  const words = printed.trim().split('\n').slice(-6).join('\n')
  throw new PipelineError('SERVICE_FAILED', `${program.name} did not start: ${failure}${words === '' ? '' : `\n${words}`}`, {
    remedy: `Read ${log.path}.`
  })
}
