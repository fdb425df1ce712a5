// How does the program of a client for Node do one scenario after another? In one process, as a client takes longer to load than most
// scenarios take.
//
// node serve.mjs <program>                        with an IPC channel: {scenario, options, input} comes in, {facts} or {error} goes out
// node serve.mjs <program> <scenario> <options>   like the programs of other languages
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'

const [program, scenario, options] = process.argv.slice(2)
const { open } = await import(pathToFileURL(program).href)

async function perform(name, given, input, say) {
  const { close, ...scenarios } = open(given, { input, say })
  try {
    await scenarios[name]()
  } finally {
    await close()
  }
}

if (scenario) {
  const input = []
  if (scenario === 'records') for await (const line of createInterface({ input: process.stdin })) if (line) input.push(JSON.parse(line))
  await perform(scenario, JSON.parse(options), input, facts => console.log(JSON.stringify(facts)))
  process.exit(0)
}

process.on('message', async asked => {
  const facts = []
  try {
    await perform(asked.scenario, asked.options, asked.input, fact => facts.push(fact))
    process.send({ facts })
  } catch (error) {
    process.send({ error: `${inspect(error, { depth: 9 })}\nbefore: ${JSON.stringify(facts).slice(-2000)}` })
  }
})
