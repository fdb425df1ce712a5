// Can consumers be moved from the classic protocol to the new one and back, one after the other, while records flow?
import { Kafka, logLevel } from 'kafkajs'
import { startBroker } from '../src/index'
import { startTool, whereGiven } from './java'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

interface Change {
  at: number
  member: string
  isGain: boolean
  partitions: number[]
}

/** Who had which partition when, and what was read. */
class Readers {
  private readonly changes: Change[] = []
  private readonly read = new Set<string>()
  private waiting: { holds: () => boolean; resolve: () => void }[] = []

  private look(): void {
    for (const { holds, resolve } of this.waiting) if (holds()) resolve()
    this.waiting = this.waiting.filter(({ holds }) => !holds())
  }

  private until(holds: () => boolean): Promise<void> {
    return new Promise(resolve => {
      this.waiting.push({ holds, resolve })
      this.look()
    })
  }

  change(change: Change): void {
    this.changes.push(change)
    this.look()
  }

  reads(value: string): void {
    this.read.add(value)
    this.look()
  }

  /** Who has each partition now, and which were gained while somebody else had them. */
  private replay(): { owners: Map<number, string>; clashes: string[] } {
    const owners = new Map<number, string>()
    const clashes: string[] = []
    // a clock of milliseconds: what was given up in the same one was given up before
    const inOrder = [...this.changes].sort((left, right) => left.at - right.at || Number(left.isGain) - Number(right.isGain))
    for (const { isGain, member, partitions } of inOrder) {
      for (const partition of partitions) {
        const owner = owners.get(partition)
        if (isGain && owner !== undefined && owner !== member) clashes.push(`${owner} has partition ${partition}, which ${member} gains`)
        if (isGain) owners.set(partition, member)
        else if (owner === member) owners.delete(partition)
      }
    }
    return { owners, clashes }
  }

  /** Partitions that two had at once. To be asked when all have stopped: what members say comes in by several pipes. */
  get clashes(): string[] {
    return this.replay().clashes
  }

  /** Resolves when each of these has a partition at least, and all four are theirs. */
  untilSharedBy(...members: string[]): Promise<void> {
    return this.until(() => {
      const { owners } = this.replay()
      return owners.size === 4 && [...new Set(owners.values())].sort().join() === members.sort().join()
    })
  }

  untilRead(values: readonly string[]): Promise<void> {
    return this.until(() => values.every(value => this.read.has(value)))
  }
}

async function setUp() {
  const broker = await startBroker()
  opened.push(() => broker.close())
  const { address } = broker
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  const topic = `upgraded-${Date.now()}`
  const admin = kafka.admin()
  await admin.connect()
  opened.push(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
  const readers = new Readers()
  const tools: { stop(): Promise<void> }[] = []
  opened.push(() => Promise.all(tools.map(tool => tool.stop())))
  const start = (member: string, protocol: string, ...more: string[]) => {
    const session = protocol === 'classic' ? ['--session-timeout', '10000'] : []
    const args = ['--topic', topic, '--group-id', topic, '--group-protocol', protocol, '--verbose', ...session, ...more]
    const tool = startTool(address, 'verifiableConsumer', args, line => {
      // it prints anything else only when it ends in an error
      if (!line.startsWith('{')) throw new Error(`${member}: ${line}`)
      const { name, partitions = [], timestamp: at, value } = JSON.parse(line)
      if (name === 'record_data') readers.reads(value)
      const isGain = name === 'partitions_assigned'
      const numbers = partitions.map(({ partition }: { partition: number }) => partition)
      if (isGain || name === 'partitions_revoked') readers.change({ at, member, isGain, partitions: numbers })
    })
    tools.push(tool)
    return tool
  }
  const stopAll = () => Promise.all(tools.map(tool => tool.stop()))
  return { kafka, topic, readers, start, stopAll, produce: await produceTo(kafka, topic) }
}

/** Sends records one after the other until it is stopped, which gives their values. */
async function produceTo(kafka: Kafka, topic: string): Promise<{ stop(): Promise<string[]> }> {
  const producer = kafka.producer()
  await producer.connect()
  opened.push(() => producer.disconnect())
  const sent: string[] = []
  let isOver = false
  const sending = (async () => {
    while (!isOver) {
      const value = `${sent.length}`
      await producer.send({ topic, messages: [{ value, partition: sent.length % 4 }] })
      sent.push(value)
      // some two hundred a second
      await new Promise(done => setTimeout(done, 5))
    }
  })()
  const stop = async () => {
    isOver = true
    await sending
    return sent
  }
  opened.push(stop)
  return { stop }
}

whereGiven.each([
  ['eager', 'org.apache.kafka.clients.consumer.RangeAssignor'],
  ['cooperative', 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor']
])('%s consumers in Java are upgraded and downgraded', async (_, assignor) => {
  const { produce, readers, start, stopAll } = await setUp()
  const strategy = ['--assignment-strategy', assignor]
  const old1 = start('old 1', 'classic', ...strategy)
  const old2 = start('old 2', 'classic', ...strategy)
  await readers.untilSharedBy('old 1', 'old 2')
  const new1 = start('new 1', 'consumer')
  await readers.untilSharedBy('old 1', 'old 2', 'new 1')
  await old1.stop()
  await readers.untilSharedBy('old 2', 'new 1')
  const new2 = start('new 2', 'consumer')
  await readers.untilSharedBy('old 2', 'new 1', 'new 2')
  await old2.stop()
  await readers.untilSharedBy('new 1', 'new 2')
  start('back 1', 'classic', ...strategy)
  await readers.untilSharedBy('back 1', 'new 1', 'new 2')
  await new1.stop()
  await readers.untilSharedBy('back 1', 'new 2')
  start('back 2', 'classic', ...strategy)
  await readers.untilSharedBy('back 1', 'back 2', 'new 2')
  await new2.stop()
  await readers.untilSharedBy('back 1', 'back 2')
  await readers.untilRead(await produce.stop())
  await stopAll()
  expect(readers.clashes).toEqual([])
})

whereGiven('a static consumer in Java is upgraded and downgraded in its place', async () => {
  const { produce, readers, start, stopAll } = await setUp()
  start('stays', 'consumer', '--group-instance-id', 'stays')
  const moves = ['--group-instance-id', 'moves']
  const old = start('old', 'classic', ...moves)
  await readers.untilSharedBy('old', 'stays')
  await old.stop()
  const renewed = start('new', 'consumer', ...moves)
  await readers.untilSharedBy('new', 'stays')
  await renewed.stop()
  start('back', 'classic', ...moves)
  await readers.untilSharedBy('back', 'stays')
  await readers.untilRead(await produce.stop())
  await stopAll()
  expect(readers.clashes).toEqual([])
})

whereGiven('a kafkajs consumer shares a group with one in Java of the new protocol, and reads alone before and after', async () => {
  const { kafka, produce, readers, start, stopAll, topic } = await setUp()
  const consumer = kafka.consumer({ groupId: topic, sessionTimeout: 10_000, heartbeatInterval: 500 })
  await consumer.connect()
  opened.push(() => consumer.disconnect())
  await consumer.subscribe({ topic, fromBeginning: true })
  let owned: number[] = []
  const change = (isGain: boolean, partitions: number[]) => readers.change({ at: Date.now(), member: 'kafkajs', isGain, partitions })
  consumer.on(consumer.events.REBALANCING, () => change(false, owned))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    change(false, owned)
    owned = payload.memberAssignment[topic] ?? []
    change(true, owned)
  })
  await consumer.run({ eachMessage: async ({ message }) => readers.reads(message.value!.toString()) })
  await readers.untilSharedBy('kafkajs')
  const java = start('java', 'consumer')
  await readers.untilSharedBy('kafkajs', 'java')
  await java.stop()
  await readers.untilSharedBy('kafkajs')
  await readers.untilRead(await produce.stop())
  await stopAll()
  expect(readers.clashes).toEqual([])
})
