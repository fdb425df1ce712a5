// Does the README name only tests, files, constants and settings that there are?
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { OPTIONS_KEY, readOptions } from './mapping/options'
import { readMappings } from './mapping/read-mappings'

const root = join(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const textOf = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined)

const section = (title: string) => readme.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!
const rowsOf = (title: string) =>
  section(title)
    .split('\n')
    .filter(line => line.startsWith('| ') && !line.startsWith('| ---'))
    .slice(1)
    .map(line =>
      line
        .slice(1, -1)
        .split(' | ')
        .map(cell => cell.trim())
    )

/** `file › title`, or `file › title — case` of a test that has several. */
function problemOf(proof: string): string | undefined {
  const [file, title] = proof.split(' › ') as [string, string?]
  // quotes within a title are escaped there
  const text = textOf(file)?.replaceAll("\\'", "'")
  if (!file.endsWith('.ts') || text === undefined || !title) return `${proof} names no test`
  const missing = title.split(' — ').find(part => !text.includes(part))
  return missing && `${file} has no "${missing}"`
}

test('every row of the table names tests that there are, but for what is not imitated', () => {
  const rules = rowsOf('What AWS does, what we do').filter(([rule]) => !rule!.startsWith('**'))
  const proven = rules.filter(([, ours, proofs]) => !(ours!.startsWith('not imitated: ') && proofs === '–'))
  const problems = proven.flatMap(([rule, , proofs]) =>
    proofs!.split('<br>').flatMap(proof => {
      const problem = problemOf(proof)
      return problem ? [`${rule}: ${problem}`] : []
    })
  )
  expect(problems).toEqual([])
  expect(proven.length).toBeGreaterThan(60)
})

test('every chapter of what AWS does is in the table', () => {
  const chapters = rowsOf('What AWS does, what we do').flatMap(([rule]) => /^\*\*(\d\.\d)/.exec(rule!)?.[1] ?? [])
  expect(chapters).toEqual(['2.1', '2.2', '2.3', '2.4', '2.5', '2.6', '2.7', '2.8', '2.9', '1.3'])
})

test('every choice that AWS leaves open is where the README says', () => {
  const problems = rowsOf('Undocumented on AWS').flatMap(([question, , where]) => {
    const [, name, file] = /^`(\w+)` in `([^`]+)`$/.exec(where!) ?? []
    const isThere = name !== undefined && new RegExp(`\\b${name}\\b`).test(textOf(file!) ?? '')
    return isThere ? [] : [`${question}: ${where}`]
  })
  expect(problems).toEqual([])
})

test('every file that is named is there', () => {
  const named = [...readme.matchAll(/`((?:src|test|compat)\/[\w./-]+\.ts)`/g)].map(match => match[1]!)
  expect(named.filter(file => textOf(file) === undefined)).toEqual([])
  expect(named.length).toBeGreaterThan(0)
})

const examples = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text!))
const exampleWith = (key: string) => examples.find(example => key in example)

test('the examples of a service are taken as they are', () => {
  const servers = ['127.0.0.1:9092']
  const events = structuredClone(exampleWith('functions')['functions']['take-orders'].events)
  // the framework resolves variables
  events[0].kafka.bootstrapServers = servers
  events[0].kafka.filterPatterns = exampleWith('filterPatterns')['filterPatterns']
  const resources = { ...exampleWith('resources')['resources'], Resources: { FailedOrders: { Type: 'AWS::SQS::Queue' } } }
  const { mappings, warnings } = readMappings({ service: 'shop', stage: 'dev', functions: { 'take-orders': { events } }, resources }, {})
  expect(mappings).toMatchObject([{ topic: 'orders', windowMs: 0, maximumRetryAttempts: 3, onFailure: { kind: 'sqs' } }])
  expect(mappings[0]!.filterPatterns).toHaveLength(2)
  expect(warnings).toEqual([])
})

test('the example of local settings is taken, but for its files, and has every setting', () => {
  const settings = structuredClone(exampleWith('custom')['custom'][OPTIONS_KEY])
  for (const [arn, secret] of Object.entries<object>(settings.credentials)) if ('certificate' in secret) delete settings.credentials[arn]
  const options = readOptions({ [OPTIONS_KEY]: settings })
  const every = [
    'bootstrapServers',
    'clusters',
    'credentials',
    'destinations',
    'retryBackoff',
    'createTopics',
    'stopTimeoutMs',
    'statusPort'
  ]
  expect(Object.keys(options).sort()).toEqual(every.sort())
})
