// What is known not to work, and why? Client by client, test by test. A test on the list that passes fails the run, so that the list shrinks.
import * as zlib from 'node:zlib'

// not in Node 20
const { zstdCompressSync } = zlib as { zstdCompressSync?: unknown }

export type Client = keyof typeof allowList

export const allowList = {
  'confluent-kafka': {} as Record<string, string>,
  'franz-go': {} as Record<string, string>,
  'kafka-python': {
    'a header without a value stays without': 'its producer takes no such header',
    'members of a group share its partitions as they come and go: consumer': 'version 3.0.12 has only the classic protocol',
    'a group goes on where it committed or was set: consumer': 'version 3.0.12 has only the classic protocol',
    'a static member is fenced by another of its name': 'version 3.0.12 does not raise the error, with Apache Kafka neither'
  } as Record<string, string>,
  '@platformatic/kafka': {
    'a header comes as often as it was sent': 'its headers are a map',
    'members of a group share its partitions as they come and go: cooperative': 'version 1.35 has no cooperative assignor',
    'a static member comes back without a rebalance': 'version 1.35 leaves the group when a static member is closed',
    ...(zstdCompressSync ? {} : { 'records of every kind come back as they were sent with zstd': 'it needs Node 22.15 for zstd' })
  } as Record<string, string>
}

/**
 * Defines tests of a client: skipped by name where the client is not installed, expected to fail where the allow-list has them. Those whose
 * title `only` does not match are left out.
 */
export function testsOf(client: Client, isInstalled: boolean, only = /./): (title: string, run: () => Promise<void>) => void {
  const reasons = new Map(Object.entries(allowList[client]))
  afterAll(() => {
    if (reasons.size > 0) throw new Error(`the allow-list names tests that there are not: ${[...reasons.keys()]}`)
  })
  return (title, run) => {
    const reason = reasons.get(title)
    reasons.delete(title)
    if (!only.test(title)) return
    if (!isInstalled) it.skip(`${client}: ${title}`, run)
    else if (reason) it.failing(`${client}: ${title} (on the allow-list: ${reason})`, run)
    else it(`${client}: ${title}`, run)
  }
}
