// Does the README name exactly the versions that are spoken, the flags and the limits that there are?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { help } from './flags'
import { defaultLimits } from './limits'
import { type AnyApi, apis } from './protocol'

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8')

it('the table of versions is the table of APIs', () => {
  const rows = [...readme.matchAll(/^\| (\w+) +\| (\d+) +\| (\d+)–(\d+) +\|$/gm)].map(([, name, ...numbers]) => [
    name,
    ...numbers.map(Number)
  ])
  const spoken = Object.values(apis).map((api: AnyApi) => [api.name, api.key, api.min, api.max])
  expect(rows).toEqual(spoken.sort((left, right) => Number(left[1]) - Number(right[1])))
})

it('every flag of the help is explained, and no other', () => {
  const flagsOf = (text: string) => new Set([...text.matchAll(/--[a-z-]+/g)].map(([flag]) => flag))
  const explained = new Set([...readme.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag]) => flag))
  expect(explained).toEqual(new Set([...flagsOf(help)].filter(flag => flag !== '--help' && flag !== '--version')))
})

it('the table of limits is the table of defaults', () => {
  const mebibyte = 1024 * 1024
  const rows = [...readme.matchAll(/^\| `(\w+Max)` +\| ([\d,]+)( MiB)? +\|/gm)].map(([, name, digits, unit]) => [
    name,
    Number(digits!.replaceAll(',', '')) * (unit ? mebibyte : 1)
  ])
  expect(Object.fromEntries(rows)).toEqual(defaultLimits)
})

it('the example is the one that is run', () => {
  const [, ...lines] = readFileSync(join(__dirname, 'example.test.ts'), 'utf8').split('\n')
  expect(readme).toContain(`\`\`\`ts\n${lines.join('\n')}\`\`\``)
})
