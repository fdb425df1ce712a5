import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './main'

const root = process.cwd()
const text = readFileSync(join(root, 'docs', 'requirements.md'), 'utf8')

/** `| A12 | how it is served | proof; proof |` */
const rows = [...text.matchAll(/^\| (A\d+) +\| (.+?) +\| (.+?) +\|$/gm)].map(([, id, served, proofs]) => ({
  id: id!,
  served: served!,
  proofs: proofs!.split('<br>').map(proof => proof.trim())
}))

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `A${from + index}`)
/** Groups G1 to G10, G13 and G15. */
const wanted = [...range(1, 141), ...range(162, 165), ...range(185, 195)]

/** Programs that a proof may name besides our own commands. */
const tools = new Set(['psql', 'kcat', 'npm', 'npx', 'node', '.ci/run', '.ci/guides'])

function problemOf(proof: string): string | undefined {
  const command = /^`(.+)`$/.exec(proof)?.[1]
  if (command === undefined) {
    const [file, title] = proof.split(' › ')
    if (!existsSync(join(root, file!))) return `no file ${file}`
    if (title !== undefined && !readFileSync(join(root, file!), 'utf8').includes(title)) return `${file} has no test "${title}"`
    return title === undefined && file!.endsWith('.test.ts') ? `${file}: name the test` : undefined
  }
  const words = command.replace(/^npx /, '').split(' ')
  if (words[0] !== 'sluice') return tools.has(words[0]!) ? undefined : `${words[0]} is no command`
  let node = program(root, () => undefined)
  let rest = words.slice(1)
  for (let next = node.commands.find(each => each.name() === rest[0]); next; next = node.commands.find(each => each.name() === rest[0])) {
    node = next
    rest = rest.slice(1)
  }
  if (node.name() === 'sluice') return `sluice has no command ${rest[0]}`
  const flag = rest.find(word => word.startsWith('--') && !node.options.some(option => option.long === word.split('=')[0]))
  return flag && `sluice ${node.name()} has no ${flag}`
}

test('each required behaviour has one row', () => {
  expect(rows.map(row => row.id)).toEqual(wanted)
})

test('each proof is a test that exists, a command that exists or a document that exists', () => {
  expect(rows.flatMap(({ id, proofs }) => proofs.flatMap(proof => problemOf(proof) ?? []).map(problem => `${id}: ${problem}`))).toEqual([])
})
