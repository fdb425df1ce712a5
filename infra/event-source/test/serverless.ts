// How do tests run the real `serverless offline`? In a copy of a sample service, with the plugin as it is published, reading its output.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '../../local/ports'
import { bundle } from './bundle'

const framework = resolve(require.resolve('serverless/package.json'), '../bin/serverless.js')
const environment = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' }

/** Two free ports that the system gives to nobody of its own accord, as it would with those that it chooses itself before they are listened on. */
async function freePorts(): Promise<[number, number]> {
  // those who ask at the same time begin at different ones
  const begin = 20_000 + (process.pid % 100) * 100
  const first = await freePort([begin])
  return [first, await freePort([begin], new Set([first]))]
}

export class SampleService {
  output = ''
  private child?: ChildProcess
  private exited?: Promise<number | null>
  private watchers: Array<() => void> = []

  /** @param command the framework's entry point */
  private constructor(
    readonly folder: string,
    private readonly command: string
  ) {}

  /** A service that has the framework installed for itself. */
  static at(folder: string): SampleService {
    return new SampleService(folder, join(folder, 'node_modules/serverless/bin/serverless.js'))
  }

  /** A copy below this package, where plugins resolve as they do for the package itself; `sample` is a folder beside this file. */
  static async create(sample = 'service'): Promise<SampleService> {
    const dist = join(__dirname, '../dist')
    mkdirSync(dist, { recursive: true })
    const folder = mkdtempSync(join(dist, 'service-'))
    cpSync(join(__dirname, sample), folder, { recursive: true })
    await bundle(join(folder, 'kafka-event-source'))
    writeFileSync(join(folder, 'kafka-event-source/package.json'), '{ "type": "module", "main": "index.js" }')
    return new SampleService(folder, framework)
  }

  /** Starts the command; `variables` fill in serverless.yml, `nodeFlags` are those before the framework. */
  async start(command: string[], variables: Record<string, string>, nodeFlags: string[] = []): Promise<void> {
    // one that a failed test has left would keep jest from ending
    await this.kill()
    this.output = ''
    const [http, lambda] = await freePorts()
    const ports = { HTTP_PORT: String(http), LAMBDA_PORT: String(lambda) }
    const child = spawn(process.execPath, [...nodeFlags, this.command, ...command], {
      cwd: this.folder,
      env: { ...process.env, ...environment, ...ports, ...variables }
    })
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', data => {
        this.output += data
        for (const watcher of this.watchers.splice(0)) watcher()
      })
    }
    this.exited = new Promise(done => child.on('close', done))
    void this.exited.then(() => {
      for (const watcher of this.watchers.splice(0)) watcher()
    })
  }

  /** Waits until the output shows it. Throws with the output when the process ends first. */
  async until(text: string | RegExp): Promise<void> {
    const isThere = () => (typeof text === 'string' ? this.output.includes(text) : text.test(this.output))
    while (!isThere()) {
      if (this.child?.exitCode !== null) throw new Error(`ended with ${this.child?.exitCode} before ${text}:\n${this.output}`)
      await new Promise<void>(done => this.watchers.push(done))
    }
  }

  /** Lets it run for a while. Throws with the output when the process ends by itself. */
  async livesFor(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const isOver = await Promise.race([
      this.exited?.then(() => false),
      new Promise<boolean>(resolve => {
        timer = setTimeout(resolve, ms, true)
      })
    ])
    clearTimeout(timer)
    if (!isOver) throw new Error(`ended with ${this.child?.exitCode}:\n${this.output}`)
  }

  /** The exit code, after the process ended by itself. */
  async exitCode(): Promise<number | null> {
    return (await this.exited) ?? null
  }

  async interrupt(): Promise<number | null> {
    this.child?.kill('SIGINT')
    return this.exitCode()
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL')
    await this.exited
  }

  async remove(): Promise<void> {
    if (this.child && this.child.exitCode === null) this.child.kill('SIGKILL')
    await this.exited
    rmSync(this.folder, { recursive: true })
  }
}
