import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { readSchedules } from '../../../layers/schedule/definition'
import { freePort } from '../ports'
import { temporaryPlace } from '../testing'

// the framework alone takes seconds, and on a machine that is busy many of them
jest.setTimeout(120_000)

// the framework's own commands in this checkout, as a user types them
const root = process.cwd()
const serverless = join(root, 'node_modules', '.bin', 'serverless')
const place = temporaryPlace()
const env = { ...process.env, SLUICE_STATE: place.state, SLS_NOTIFICATIONS_MODE: 'off' }
let running: { child: ChildProcess; ended: Promise<unknown> } | undefined
// a test that failed must leave neither the framework nor its servers
afterEach(async () => {
  running?.child.kill('SIGINT')
  await running?.ended
  running = undefined
})
afterAll(() => place.remove())

const execute = (command: string, args: string[]) =>
  new Promise<string>((resolve, reject) => {
    execFile(command, args, { cwd: root, env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}${stderr}`)) : resolve(stdout)
    )
  })
const run = (...args: string[]) => execute(serverless, args)
const sluice = (...args: string[]) => execute(process.execPath, [join(root, 'infra', 'cli', 'sluice.mjs'), ...args])

test('package gives a template with every function, mapping and schedule of serverless.yml, unchanged', async () => {
  const folder = join(place.state, 'package')
  await run('package', '--package', folder)
  const template = JSON.parse(readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'))
  const resources = Object.values<{ Type: string; Properties: Record<string, unknown> }>(template.Resources)
  const ofType = (type: string) => resources.filter(resource => resource.Type === type)
  const { functions } = parse(readFileSync(join(root, 'serverless.yml'), 'utf8')) as {
    functions: Record<string, { events?: { kafka?: { topic: string } }[] }>
  }
  expect(ofType('AWS::Lambda::Function')).toHaveLength(Object.keys(functions).length)
  const topics = Object.values(functions).flatMap(({ events = [] }) => events.flatMap(({ kafka }) => (kafka ? [[kafka.topic]] : [])))
  expect(ofType('AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties['Topics'])).toEqual(topics)
  const schedules = readSchedules(functions)
  expect(ofType('AWS::Events::Rule').map(({ Properties }) => Properties['ScheduleExpression'])).toEqual(
    schedules.filter(({ isScheduler }) => !isScheduler).map(({ expression }) => expression)
  )
  expect(ofType('AWS::Scheduler::Schedule').map(({ Properties }) => Properties['ScheduleExpression'])).toEqual(
    schedules.filter(({ isScheduler }) => isScheduler).map(({ expression }) => expression)
  )
})

test('invoke local brings the servers up, runs the function and leaves nothing running', async () => {
  expect(await run('invoke', 'local', '-f', 'produce-batch', '-d', '{"dataset":"products"}')).toMatch(/"produced": 4/)
})

/** Between two questions for the status. */
const POLL_MS = 50

/** What a child has printed so far. */
const outputs = new WeakMap<ChildProcess, string>()

/** Resolves with the address that `serverless offline` prints once it listens. */
function listening(child: ChildProcess): Promise<string> {
  let printed = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk
      outputs.set(child, printed)
      const found = /Server ready: (http:\/\/\S+)/.exec(printed)
      if (found) resolve(found[1]!)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('exit', code => reject(new Error(`exit code ${code}: ${printed}`)))
  })
}

test.each([[['offline']], [['offline', 'start']]])(
  'serverless %j serves on the embedded servers, takes up what was sent before, and ends with Ctrl-C',
  async args => {
    // what nothing else picks, not even the system for a connection: the framework looks at its ports seconds before it listens
    const [http, lambda] = [await freePort([28_300]), await freePort([28_500])]
    const ports = ['--httpPort', String(http), '--lambdaPort', String(lambda)]
    const child = spawn(serverless, [...args, ...ports], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    running = { child, ended: once(child, 'close') }
    const url = await listening(child)
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok' })
    let products: { valid: number; quarantined: number } | undefined
    // the four products that `invoke local` sent wait in the topic
    while ((products?.valid ?? 0) + (products?.quarantined ?? 0) < 4) {
      // asking without a pause would take the processor from what is waited for
      await delay(POLL_MS)
      const status = (await (await fetch(`${url}/status`)).json()) as {
        datasets: { dataset: string; valid: number; quarantined: number }[]
      }
      products = status.datasets.find(each => each.dataset === 'products')
    }
    expect(products).toMatchObject({ valid: 1, quarantined: 3 })
    // our scheduler runs schedules, and serverless-offline does not as well
    const answer = await sluice('schedule', 'run', 'aggregate-window', '--json')
    expect(JSON.parse(answer)).toMatchObject({ schedule: 'aggregate-window', trigger: 'manual', outcome: 'ok' })
    expect(outputs.get(child)).not.toMatch(/Scheduling \[/)
    child.kill('SIGINT')
    await running.ended
  }
)
