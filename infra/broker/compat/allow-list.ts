// What is known not to work, and why? Client by client, test by test. A test on the list that passes fails the run, so that the list shrinks.
import * as zlib from 'node:zlib'

// not in Node 20
const { zstdCompressSync } = zlib as { zstdCompressSync?: unknown }

function isThere(name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

const ofCodec = (codec: string, works: boolean, reason: string): Record<string, string> =>
  works ? {} : { [`records of every kind come back as they were sent with ${codec}`]: reason }

const ofPlatformatic = (version: string): Record<string, string> => ({
  'a header comes as often as it was sent': 'its headers are a map',
  'members of a group share its partitions as they come and go: cooperative': `version ${version} has no cooperative assignor`,
  'a static member comes back without a rebalance': `version ${version} leaves the group when a static member is closed`,
  ...ofCodec('zstd', Boolean(zstdCompressSync), 'it needs Node 22.15 for zstd')
})

/** What Java clients before KIP-848 cannot. */
const ofClassicJava = (version: string): Record<string, string> => ({
  'members of a group share its partitions as they come and go: consumer': `version ${version} has only the classic protocol`,
  'a group goes on where it committed or was set: consumer': `version ${version} has only the classic protocol`
})

export type Client = keyof typeof allowList

export const allowList = {
  'confluent-kafka': {} as Record<string, string>,
  'franz-go': {} as Record<string, string>,
  'kafka-clients 2.8.2': ofClassicJava('2.8.2'),
  'kafka-clients 3.3.2': ofClassicJava('3.3.2'),
  'kafka-clients 3.9.1': {} as Record<string, string>,
  'kafka-clients 4.1.0': {} as Record<string, string>,
  'kafka-python': {
    'a header without a value stays without': 'its producer takes no such header',
    'members of a group share its partitions as they come and go: consumer': 'version 3.0.12 has only the classic protocol',
    'a group goes on where it committed or was set: consumer': 'version 3.0.12 has only the classic protocol',
    'a static member is fenced by another of its name': 'version 3.0.12 does not raise the error, with Apache Kafka neither'
  } as Record<string, string>,
  kafkajs: {
    'a header without a value stays without': 'its producer takes no such header',
    'a header comes as often as it was sent': 'its headers are a map, which loses the order of those of one name and another',
    'members of a group share its partitions as they come and go: cooperative': 'version 2.2.4 has no cooperative assignor',
    'members of a group share its partitions as they come and go: consumer': 'version 2.2.4 has only the classic protocol',
    'a group goes on where it committed or was set: consumer': 'version 2.2.4 has only the classic protocol',
    'a static member comes back without a rebalance': 'version 2.2.4 has no static members',
    'a static member is fenced by another of its name': 'version 2.2.4 has no static members',
    ...ofCodec('snappy', isThere('snappy'), 'kafkajs takes it from another package, which npm left out'),
    ...ofCodec('lz4', isThere('lz4-napi'), 'kafkajs takes it from another package, which npm left out')
  } as Record<string, string>,
  '@platformatic/kafka 1.22': {
    ...ofPlatformatic('1.22'),
    'a record without a key, and one without a value, stay without': 'version 1.22 gives an empty key and value',
    'a header without a value stays without': 'version 1.22 gives an empty value',
    'a group goes on where it committed or was set: eager': 'version 1.22 goes on behind the offset that it committed',
    'a group goes on where it committed or was set: consumer': 'version 1.22 goes on behind the offset that it committed',
    'a static member is fenced by another of its name': 'version 1.22 keeps the name of a static member to itself',
    'the admin client makes, changes and deletes': 'version 1.22 does not administer settings, partitions and records',
    'a transaction is read when it is committed, and its producer is fenced by the next': 'version 1.22 has no transactions'
  } as Record<string, string>,
  '@platformatic/kafka 1.35': ofPlatformatic('1.35'),
  '@platformatic/kafka 2.12': {
    'a header comes as often as it was sent': 'its headers are a map',
    'a static member comes back without a rebalance': 'version 2.12 leaves the group when a static member is closed'
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
