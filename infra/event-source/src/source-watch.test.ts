import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SourceWatch } from './source-watch'

let folder: string
let watch: SourceWatch
let saved = 0
let wasCode = false
let wake = () => {}
const failures: Error[] = []

/** Resolves when the watch has told `count` times since the last call. */
async function untilSaved(count = 1): Promise<void> {
  while (saved < count) {
    await new Promise<void>(resolve => {
      wake = resolve
    })
  }
  expect(saved).toBe(count)
  saved = 0
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'source-watch-')))
  for (const inner of ['src/lib', 'node_modules/some', '.cache', 'failed']) mkdirSync(join(folder, inner), { recursive: true })
  const onSaved = (isCode: boolean) => {
    saved++
    wasCode = isCode
    wake()
  }
  watch = new SourceWatch(folder, [join(folder, 'failed')], onSaved, error => failures.push(error))
})
afterEach(() => {
  watch.close()
  rmSync(folder, { recursive: true })
  expect(failures).toEqual([])
})

test('what is saved together, in whatever folder, is told once', async () => {
  for (const name of ['src/lib/dependency.js', 'src/table.json', 'handler.mts']) writeFileSync(join(folder, name), '1')
  await untilSaved()
  expect(wasCode).toBe(true)
})

test('data that is saved alone is told apart from code', async () => {
  writeFileSync(join(folder, 'src/table.json'), '1')
  await untilSaved()
  expect(wasCode).toBe(false)
})

test('a folder made anew under its name is watched again', async () => {
  rmSync(join(folder, 'src'), { recursive: true })
  mkdirSync(join(folder, 'src/lib'), { recursive: true })
  await untilSaved()
  writeFileSync(join(folder, 'src/lib/dependency.js'), '1')
  await untilSaved()
})

test('packages, hidden folders, those that are ignored and other files are not code', async () => {
  for (const name of ['node_modules/some/index.js', '.cache/a.js', 'failed/1.js', 'src/out.log']) writeFileSync(join(folder, name), '1')
  // the events come in order: had one of them been taken, code would have been told of with this data or before it
  writeFileSync(join(folder, 'src/table.json'), '1')
  await untilSaved()
  expect(wasCode).toBe(false)
})
