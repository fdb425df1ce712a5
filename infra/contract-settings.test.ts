import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { loadContracts } from '../layers/contract'

const settings: Record<string, { batchSize: number; maximumBatchingWindow: number }> = require('./contract-settings.cjs')
const root = resolve(__dirname, '..')
const contracts = loadContracts(join(root, 'contracts'))

test('the settings of landing are those of the contract, as it is loaded everywhere else', () => {
  const landing = contracts.filter(contract => contract.landing)
  expect(settings).toEqual(
    Object.fromEntries(
      landing.map(({ dataset, landing }) => [
        dataset,
        { batchSize: landing!.flushMessageCount, maximumBatchingWindow: landing!.flushIntervalSeconds }
      ])
    )
  )
})

test('every dataset that lands has an event of land-bronze with its own topic and settings', () => {
  const definition = parse(readFileSync(join(root, 'serverless.yml'), 'utf8'))
  const events: { kafka: Record<string, unknown> }[] = definition.functions['land-bronze'].events
  expect(events.map(({ kafka }) => [kafka.topic, kafka.batchSize, kafka.maximumBatchingWindow]).sort()).toEqual(
    contracts
      .filter(contract => contract.landing)
      .map(({ dataset, topic }) => [
        topic.name,
        `\${file(infra/contract-settings.cjs):${dataset}.batchSize}`,
        `\${file(infra/contract-settings.cjs):${dataset}.maximumBatchingWindow}`
      ])
      .sort()
  )
})
