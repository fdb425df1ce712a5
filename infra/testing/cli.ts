// How do tests run the CLI's command lines? In a process each, as a user does, or, where a table of them starts nothing, all in one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const cli = join(__dirname, '..', 'cli', 'sluice.mjs')
const manyLines = join(__dirname, 'cli-process.mjs')

/** What a command line came to. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface CliOptions {
  /** Where the user is. */
  cwd: string
  env: NodeJS.ProcessEnv
}

/** Runs one command line in a process of its own. */
export function runCli(args: string[], { cwd, env }: CliOptions): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...process.env, INIT_CWD: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', chunk => (ended.stdout += chunk))
  child.stderr.on('data', chunk => (ended.stderr += chunk))
  return new Promise(resolve => child.once('close', code => resolve({ ...ended, code })))
}

export interface CliProcess {
  run(args: string[]): Promise<Ended>
  /** Resolves when the process has ended by itself, that is when no command line left anything open; with its exit code. */
  close(): Promise<number | null>
}

/** Starts the real bundle once for many command lines, for most of whose time it would else be loaded. They run one after the other. */
export function startCli({ cwd, env }: CliOptions): CliProcess {
  const child = spawn(process.execPath, [manyLines], {
    cwd,
    env: { ...process.env, INIT_CWD: '', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  return {
    async run(args) {
      const answered = once(child, 'message') as Promise<[Ended]>
      // where it cannot be sent the process has ended, which is told below
      child.send(args, () => undefined)
      const [ended] = await Promise.race([
        answered,
        exited.then(([code]) => {
          throw new Error(`the process ended with ${code} in sluice ${args.join(' ')}`)
        })
      ])
      return ended
    },
    async close() {
      if (child.connected) child.disconnect()
      return (await exited)[0]
    }
  }
}
