import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepAppliedContracts } from '../local/applied-contracts'
import { temporaryPlace } from '../local/testing'
import { type CliProcess, startCli } from '../testing/cli'

const root = process.cwd()
const place = temporaryPlace()
const contracts = join(place.state, 'edited')
const file = join(contracts, 'sensors.odcs.yaml')

let lines: CliProcess
const sluice = (...args: string[]) => lines.run(args)

beforeAll(() => {
  lines = startCli({ cwd: place.state, env: { SLUICE_STATE: place.state, SLUICE_CONTRACTS: contracts } })
})
afterAll(async () => {
  expect(await lines.close()).toBe(0)
  place.remove()
})

/** The contract as it was, changed. */
function edit(change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(join(root, 'contracts', 'sensors.odcs.yaml'), 'utf8')))
}
const versioned = (version: string) => (text: string) => text.replace(/^version: .*/m, `version: ${version}`)
const colder = (text: string) => text.replace('minimum: -40', 'minimum: -20')

beforeEach(() => {
  mkdirSync(contracts, { recursive: true })
  cpSync(join(root, 'contracts'), contracts, { recursive: true })
})

test('before the first start there is nothing to compare with, and the remedy names --against', async () => {
  const { code, stderr } = await sluice('contract', 'diff', 'sensors')
  expect(stderr).toMatch(/no start has applied a contract of sensors yet\n.*--against/)
  expect(code).toBe(2)
})

test('a contract is compared with the one that the last start applied', async () => {
  keepAppliedContracts(place, contracts)
  expect(await sluice('contract', 'diff', 'sensors')).toMatchObject({ code: 0, stdout: 'sensors: nothing changed.\n' })
  edit(colder)
  const { code, stdout } = await sluice('contract', 'diff', 'sensors')
  expect(stdout).toMatch(/breaks {2}fields\.temperature\.range {2}\{"minimum":-40,"maximum":85\} → \{"minimum":-20,"maximum":85\}/)
  expect(stdout).toMatch(/broken: producers of sensor_readings_raw/)
  expect(stdout).toMatch(/it must be 2\.0\.0 or higher/)
  expect(code).toBe(1)
})

test('a break that the version number tells ends with 0, a compatible change too', async () => {
  keepAppliedContracts(place, join(root, 'contracts'))
  edit(text => versioned('2.0.0')(colder(text)))
  expect(await sluice('contract', 'diff', 'sensors')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('the version number says so')
  })
  edit(text => text.replace('minimum: -40', 'minimum: -60'))
  expect(await sluice('contract', 'diff', 'sensors')).toMatchObject({ code: 0, stdout: expect.stringContaining('1.1.0') })
})

test('two files are compared, and --json prints every change for programs', async () => {
  edit(colder)
  const before = join(root, 'contracts', 'sensors.odcs.yaml')
  for (const args of [
    [before, file],
    ['sensors', '--against', before]
  ]) {
    const { code, stdout } = await sluice('contract', 'diff', ...args, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      dataset: 'sensors',
      isUndeclared: true,
      version_asked: '2.0.0',
      changes: [{ path: 'fields.temperature.range', breaks: ['writers'], broken: 'producers of sensor_readings_raw' }]
    })
    expect(code).toBe(1)
  }
})

test.each<[string, string[], RegExp]>([
  ['a dataset that is not there', ['senors'], /no dataset 'senors'\nDid you mean 'sensors'/],
  ['a file that is not there', ['sensors', '--against', 'nowhere.yaml'], /nowhere\.yaml: there is no such file/],
  [
    'two datasets',
    [join(root, 'contracts', 'sensors.odcs.yaml'), join(root, 'contracts', 'products.odcs.yaml')],
    /sensors and products are two datasets/
  ],
  ['nothing', [], /missing required argument/]
])('%s is wrong usage', async (_, args, message) => {
  const { code, stderr } = await sluice('contract', 'diff', ...args)
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
})

test.each<[string[], RegExp]>([
  [['quarantine', 'list', 'senors'], /Did you mean 'sensors'/],
  [['quarantine', 'replay', 'sensors', '--from', 'yesterday'], /--from: 'yesterday' is no time\nGive a date/],
  [['quarantine', 'replay', 'sensors', '--limit', '0'], /at least 1/]
])('%j is wrong usage, and nothing is started', async (args, message) => {
  const { code, stderr } = await sluice(...args)
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
})
