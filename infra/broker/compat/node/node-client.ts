// How does a test tell a client for Node what to do? By messages to a process that lives as long as the file's tests.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Facts, Perform } from '../scenarios'

interface Answer {
  facts?: Facts[]
  error?: string
}

const saidBytesMax = 20_000

/**
 * @param program a file beside this one whose `open` returns the scenarios of scenarios.ts
 * @param env what the program needs of the environment
 * @param node the Node that runs it
 */
export function nodeClient(program: string, env: NodeJS.ProcessEnv = {}, node = process.execPath): Perform {
  let child: ChildProcess | undefined
  let said = ''

  function start(): ChildProcess {
    const started = fork(join(__dirname, 'serve.mjs'), [join(__dirname, program)], {
      env: { ...process.env, ...env },
      execArgv: [],
      execPath: node,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    })
    started.stderr!.setEncoding('utf8').on('data', text => {
      said = (said + text).slice(-saidBytesMax)
    })
    started.once('exit', () => {
      if (child === started) child = undefined
    })
    return started
  }

  afterAll(async () => {
    if (!child) return
    const gone = once(child, 'exit')
    child.kill()
    await gone
  })

  return async (scenario, options, input) => {
    child ??= start()
    const ended = new AbortController()
    const { signal } = ended
    try {
      const answered = once(child, 'message', { signal }).then(([answer]) => answer as Answer)
      const died = once(child, 'exit', { signal }).then(([code]): Answer => ({ error: `the process ended with ${code}: ${said}` }))
      died.catch(() => {})
      answered.catch(() => {})
      child.send({ scenario, options, input })
      const { error, facts } = await Promise.race([answered, died])
      if (!facts) throw new Error(error)
      return facts
    } finally {
      ended.abort()
    }
  }
}
