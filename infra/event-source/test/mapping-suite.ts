// What must a mapping do against any broker? The specification as one suite, a chapter for each question, a test for each rule; run against
// the embedded broker (conformance-*.test.ts) and against Apache Kafka (compat/apache-kafka.test.ts).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, startBroker } from 'sluice-broker'
import { Harness } from './harness'
import { batchingRules } from './rules/batching'
import { destinationRules } from './rules/destinations'
import { eventRules } from './rules/events'
import { failureRules } from './rules/failures'
import { filterRules } from './rules/filters'
import { offsetRules } from './rules/offsets'
import { partialResponseRules } from './rules/partial-responses'
import { pollerRules } from './rules/pollers'
import { startingPositionRules } from './rules/starting-position'
import { troubleRules } from './rules/trouble'

const chapters = {
  events: eventRules,
  batching: batchingRules,
  'offsets and order': offsetRules,
  failure: failureRules,
  'partial batch responses': partialResponseRules,
  destinations: destinationRules,
  filters: filterRules,
  'starting position and group': startingPositionRules,
  pollers: pollerRules,
  trouble: troubleRules
}

export type Chapter = keyof typeof chapters

/**
 * @param brokers asked when the first test runs
 * @param wanted all chapters, or some
 */
export function mappingSuite(brokers: () => string[], wanted = Object.keys(chapters) as Chapter[]): void {
  const open: Harness[] = []
  const create = async (partitions?: number) => {
    const harness = await Harness.create(brokers(), partitions)
    open.push(harness)
    return harness
  }
  afterEach(() => Promise.all(open.splice(0).map(harness => harness.close())))
  afterAll(() => {
    Harness.bundled.current?.remove()
    Harness.bundled.current = undefined
  })
  for (const chapter of wanted) describe(chapter, () => chapters[chapter](create, brokers))
}

/** The chapters against an embedded broker of their own. */
export function embeddedSuite(...wanted: Chapter[]): void {
  describe('against the embedded broker', () => {
    let broker: Broker
    const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))
    beforeAll(async () => {
      broker = await startBroker({ port: 0, dataDir })
    })
    afterAll(async () => {
      await broker.close()
      rmSync(dataDir, { recursive: true })
    })
    mappingSuite(() => [broker.address], wanted)
  })
}
