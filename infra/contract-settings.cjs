// How does serverless.yml know when a batch lands in the lake? From the contracts: ${file(infra/contract-settings.cjs):<dataset>.batchSize}.
// CommonJS, because the framework requires it; every other rule of contracts is checked where they are loaded, in layers/contract.
const { readdirSync, readFileSync } = require('node:fs')
const { join, resolve } = require('node:path')
const { parse } = require('yaml')

const ENDING = '.odcs.yaml'
const folder = resolve(process.env.SLUICE_CONTRACTS || join(__dirname, '..', 'contracts'))

/** As in layers/contract/custom-properties.ts. */
const defaults = { flushMessageCount: 500, flushIntervalSeconds: 10 }

/** Dataset → settings of its Kafka event; undefined for a contract whose records do not land. */
function settingsOf(file) {
  const document = parse(readFileSync(join(folder, file), 'utf8'))
  const properties = document?.schema?.[0]?.customProperties ?? []
  const landing = properties.find(({ property }) => property === 'landing')?.value
  if (landing === undefined) return undefined
  const { flushMessageCount, flushIntervalSeconds } = { ...defaults, ...landing }
  return { batchSize: flushMessageCount, maximumBatchingWindow: flushIntervalSeconds }
}

module.exports = Object.fromEntries(
  readdirSync(folder)
    .filter(file => file.endsWith(ENDING))
    .map(file => [file.slice(0, -ENDING.length), settingsOf(file)])
    .filter(([, settings]) => settings !== undefined)
)
