// Do the consumers and the group tool that ship with Apache Kafka 4 work with groups of both protocols, and with TLS and credentials?
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Broker, type BrokerOptions, startBroker } from '../src/index'
import { makeCertificates } from '../test/certificates'
import { runTool, startTool, type Tool, whereGiven } from './java'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function setUp(options: BrokerOptions = {}) {
  const broker: Broker = await startBroker({ defaultPartitions: 4, ...options })
  opened.push(() => broker.close())
  const java = (tool: Tool, args: string[], input = '') => runTool(broker.address, tool, args, input)
  const group = (...args: string[]) => java('groups', [...args, '--group', 'g'])
  const consume = (protocol: string, ...settings: string[]) => {
    const properties = [`group.protocol=${protocol}`, ...settings].flatMap(each => ['--command-property', each])
    return ['--topic', 't', '--group', 'g', ...properties]
  }
  /** Members as `id → number of partitions`, once the tool shows that they have `shares`. */
  const untilShared = async (shares: number[]) => {
    for (;;) {
      const rows = (await group('--describe', '--members')).split('\n').filter(line => line.startsWith('g '))
      const counts = rows.map(row => Number(row.trim().split(/\s+/).at(-1)))
      if (JSON.stringify(counts.sort()) === JSON.stringify(shares)) return
    }
  }
  return { broker, java, group, consume, untilShared }
}

const lines = Array.from({ length: 100 }, (_, index) => `${index}`)

describe.each(['classic', 'consumer'])('a group of the %s protocol', protocol => {
  const type = protocol === 'classic' ? 'Classic' : 'Consumer'

  whereGiven('reads, is listed with its type, moved, stripped of its offsets and deleted', async () => {
    const { consume, group, java } = await setUp()
    await java('produce', ['--topic', 't'], `${lines.join('\n')}\n`)
    const all = ['--from-beginning', '--max-messages', '100']
    const read = async () => (await java('consume', [...consume(protocol), ...all])).trim().split('\n').sort()
    expect(await read()).toEqual([...lines].sort())
    expect(await java('groups', ['--list', '--type', '--state'])).toMatch(new RegExp(`^g\\s+${type}\\s+Empty`, 'm'))
    await group('--reset-offsets', '--to-earliest', '--execute', '--topic', 't')
    expect(await read()).toEqual([...lines].sort())
    expect(await group('--reset-offsets', '--shift-by', '-1', '--dry-run', '--topic', 't:0')).toMatch(/^g\s+t\s+0\s+\d+/m)
    expect(await group('--delete-offsets', '--topic', 't')).toContain('Request succeed')
    expect(await group('--delete')).toContain('Deletion of requested consumer groups')
    expect((await java('groups', ['--list'])).trim()).toBe('')
  })

  whereGiven('shares the partitions among its members, and cannot be deleted under them', async () => {
    const { broker, consume, group, java, untilShared } = await setUp()
    await java('topics', ['--create', '--topic', 't', '--partitions', '4'])
    // eager members leave their partitions for a moment at each rebalance, cooperative ones do not
    const strategy =
      protocol === 'classic' ? ['partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor'] : []
    const members = [0, 1].map(index => startTool(broker.address, 'consume', consume(protocol, ...strategy, `client.id=c${index}`)))
    opened.push(() => Promise.all(members.map(each => each.stop())))
    await untilShared([2, 2])
    expect(await group('--describe', '--members', '--verbose')).toMatch(/t:\d,\d|t\(\d,\d\)/)
    expect(await group('--describe', '--state')).toMatch(/Stable/)
    expect(await group('--delete-offsets', '--topic', 't')).toContain('GroupSubscribedToTopicException')
    expect(await group('--delete')).toContain('is not empty')
    await members[0]!.stop()
    await untilShared([4])
  })

  whereGiven('keeps a static member in its place while its process is replaced', async () => {
    // a session outlives the member's absence, however long its next JVM takes to start
    const { broker, consume, group, java, untilShared } = await setUp({ consumerSessionTimeoutMs: 600_000 })
    const session = protocol === 'classic' ? ['session.timeout.ms=600000'] : []
    await java('topics', ['--create', '--topic', 't', '--partitions', '4'])
    const start = (instance: string) => startTool(broker.address, 'consume', consume(protocol, ...session, `group.instance.id=${instance}`))
    const stays = start('stays')
    opened.push(() => stays.stop())
    const first = start('moves')
    await untilShared([2, 2])
    const placesOf = (text: string) =>
      [...text.matchAll(/^g\s+(\S+)\s+(stays|moves)\s.*?(t[:(]\d,\d)/gm)].map(([, id, instance, partitions]) => ({
        id,
        instance,
        partitions
      }))
    const before = placesOf(await group('--describe', '--members', '--verbose'))
    await first.stop()
    const second = start('moves')
    opened.push(() => second.stop())
    const idOf = (places: typeof before) => places.find(({ instance }) => instance === 'moves')!.id
    let after = before
    while (idOf(after) === idOf(before)) {
      const found = placesOf(await group('--describe', '--members', '--verbose'))
      if (found.length === 2) after = found
    }
    const shares = (places: typeof before) => Object.fromEntries(places.map(({ instance, partitions }) => [instance, partitions]))
    expect(shares(after)).toEqual(shares(before))
  })
})

whereGiven.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
  'tools get in over SASL_SSL with %s, and not with a wrong password',
  async mechanism => {
    const { broker: tls, folder } = makeCertificates()
    const { java } = await setUp({ tls, sasl: { users: { ann: 'secret' } } })
    const settingsWith = (password: string) => {
      const login = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
      const path = join(folder, 'client.properties')
      const settings = [
        'security.protocol=SASL_SSL',
        'ssl.truststore.type=PEM',
        `ssl.truststore.location=${join(folder, 'ca.pem')}`,
        `sasl.mechanism=${mechanism}`,
        `sasl.jaas.config=org.apache.kafka.common.security.${login} required username="ann" password="${password}";`
      ]
      writeFileSync(path, settings.join('\n'))
      return ['--command-config', path]
    }
    await java('topics', ['--create', '--topic', 't', ...settingsWith('secret')])
    expect(await java('topics', ['--list', ...settingsWith('secret')])).toBe('t\n')
    await expect(java('topics', ['--list', ...settingsWith('wrong')])).rejects.toThrow('SaslAuthenticationException')
  }
)
