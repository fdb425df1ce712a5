// What does kafkajs do when it is told a scenario of scenarios.ts?
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as wasm from '@bokuweb/zstd-wasm'
import kafkajs from 'kafkajs'
import { numbers, until } from './common.mjs'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs
const require = createRequire(import.meta.url)

// it has gzip, and takes the others from its user
await wasm.init()
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }) => Buffer.from(wasm.compress(buffer)),
  decompress: async buffer => Buffer.from(wasm.decompress(buffer))
})
CompressionCodecs[CompressionTypes.Snappy] = () => {
  const { compress, uncompress } = require('snappy')
  return { compress: ({ buffer }) => compress(buffer), decompress: buffer => uncompress(buffer) }
}
CompressionCodecs[CompressionTypes.LZ4] = () => {
  const { compressFrame, decompressFrame } = require('lz4-napi')
  return { compress: ({ buffer }) => compressFrame(buffer), decompress: buffer => decompressFrame(buffer) }
}
const types = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' }

export function open({ address, codec, protocol, security }, { input, say }) {
  const kafka = new Kafka({
    clientId: 'kafkajs',
    brokers: [address],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 20_000,
    retry: { initialRetryTime: 20 },
    ...(security && {
      ssl: { ca: readFileSync(security.ca) },
      sasl: { mechanism: security.mechanism.toLowerCase(), username: security.user, password: security.password }
    })
  })
  const opened = []
  const keep = async client => {
    opened.push(client)
    await client.connect()
    return client
  }

  async function close() {
    await Promise.all(opened.map(client => client.disconnect()))
  }

  const admin = () => keep(kafka.admin())
  const producer = (options = {}) => keep(kafka.producer(options))
  const transactional = () => producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
  const of = values => ({ topic: 't', messages: values.map(value => ({ partition: 0, value })) })
  const create = async (numPartitions, configEntries = []) =>
    (await admin()).createTopics({ topics: [{ topic: 't', numPartitions, configEntries }] })

  async function join(groupId, { eachMessage, topic = 't', ...options }) {
    const consumer = await keep(kafka.consumer({ groupId, heartbeatInterval: 100, maxWaitTimeInMs: 100, ...options }))
    let parts = []
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => (parts = payload.memberAssignment[topic] ?? []))
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachMessage })
    return { consumer, partsOf: () => parts }
  }

  let readers = 0
  /** The next `count` messages of partition 0, and the member of the group who has read them. */
  async function read(count, { groupId = `reader-${++readers}`, offset, ...options } = {}) {
    const messages = []
    const eachMessage = async ({ message }) => {
      if (offset === undefined || Number(message.offset) >= offset) messages.push(message)
    }
    const { consumer } = await join(groupId, { ...options, eachMessage })
    if (offset !== undefined) consumer.seek({ topic: 't', partition: 0, offset: `${offset}` })
    await until(() => messages.length >= count, `${count} messages`)
    return { messages: messages.slice(0, count), consumer }
  }

  const textsOf = ({ messages }) => messages.map(({ value }) => value.toString())

  async function records() {
    const to = await producer()
    const messages = input.map(({ headers, time, ...record }) => {
      const byName = {}
      // several values of a name are an array
      for (const [name, value] of headers) byName[name] = name in byName ? [byName[name], value].flat() : value
      return { partition: 0, timestamp: `${time}`, headers: byName, ...record }
    })
    // one after the other, as a batch may have a mebibyte
    for (let first = 0; first < messages.length; first += 200)
      await to.send({ topic: 't', compression: CompressionTypes[types[codec]], messages: messages.slice(first, first + 200) })
    const text = bytes => bytes?.toString() ?? null
    for (const { headers, key, offset, timestamp, value } of (await read(input.length)).messages)
      say({
        ...{ offset: Number(offset), key: text(key), value: text(value), time: Number(timestamp) },
        headers: Object.entries(headers).flatMap(([name, values]) => [values].flat().map(each => [name, text(each)]))
      })
  }

  async function positions() {
    const messages = numbers(100).map((value, index) => ({ partition: 0, value, timestamp: `${1000 + index}` }))
    await (await producer()).send({ topic: 't', messages })
    const asking = await admin()
    const [{ low, high }] = await asking.fetchTopicOffsets('t')
    const offsetAt = async time => Number((await asking.fetchTopicOffsetsByTimestamp('t', time))[0].offset)
    const [found, after] = [await offsetAt(1050), await offsetAt(5000)]
    // it says the end where there is none
    say({ beginning: Number(low), end: Number(high), atTime1050: found, afterAll: after === Number(high) ? null : after })
    say({ at40: textsOf(await read(1, { offset: 40 }))[0], valueAtTime1050: textsOf(await read(1, { offset: found }))[0] })
  }

  async function group() {
    if (protocol !== 'eager') throw new Error(`it has no ${protocol} groups`)
    await create(6)
    const members = []
    const seen = new Set()
    const settle = async (name, counts) => {
      const isShared = () => {
        const parts = members.map(({ partsOf }) => partsOf())
        return String(parts.map(each => each.length).sort()) === String(counts) && new Set(parts.flat()).size === 6
      }
      await until(isShared, name)
      say({ [name]: counts })
    }
    const eachMessage = async ({ message, partition }) => void seen.add(`${partition} ${message.offset}`)
    for (const [name, counts] of Object.entries({ one: [6], two: [3, 3], three: [2, 2, 2] })) {
      members.push(await join('g', { eachMessage }))
      await settle(name, counts)
    }
    await members.shift().consumer.disconnect()
    await settle('left', [3, 3])
    const messages = numbers(60).map((value, index) => ({ partition: index % 6, value }))
    await (await producer()).send({ topic: 't', messages })
    await until(() => seen.size >= 60, 'all records')
    say({ read: seen.size })
  }

  async function commits() {
    if (protocol !== 'eager') throw new Error(`it has no ${protocol} groups`)
    await create(1)
    await (await producer()).send(of(numbers(10)))
    const next = async name => {
      const { consumer, messages } = await read(1, { groupId: 'g' })
      say({ [name]: messages[0].value.toString() })
      return consumer
    }
    const first = await next('first')
    await first.commitOffsets([{ topic: 't', partition: 0, offset: '4', metadata: 'note' }])
    const asking = await admin()
    const [{ partitions }] = await asking.fetchOffsets({ groupId: 'g', topics: ['t'] })
    say({ committed: Number(partitions[0].offset), metadata: partitions[0].metadata })
    await first.disconnect()
    const second = await next('next')
    // admin.setOffsets() does the same in a group without members, and then sleeps for five seconds
    await second.commitOffsets([{ topic: 't', partition: 0, offset: '2' }])
    await second.disconnect()
    await next('reset')
  }

  async function administer() {
    const asking = await admin()
    const partitions = async () => (await asking.fetchTopicMetadata({ topics: ['t'] })).topics[0].partitions.length
    say({ brokers: (await asking.describeCluster()).brokers.length })
    await create(2, [{ name: 'retention.ms', value: '1000000' }])
    say({ topics: await asking.listTopics(), partitions: await partitions() })
    // it answers no when all of the topics are there; of some, it tells
    const both = [{ topic: 't' }, { topic: 'bad/name' }]
    await asking.createTopics({ topics: both }).catch(({ errors }) => say({ again: errors.find(({ topic }) => topic === 't')?.type }))
    await asking.createPartitions({ topicPartitions: [{ topic: 't', count: 3 }] })
    say({ grown: await partitions() })
    const resource = { type: ConfigResourceTypes.TOPIC, name: 't' }
    const retention = async () => {
      const { resources } = await asking.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }] })
      return resources[0].configEntries[0].configValue
    }
    say({ retention: await retention() })
    await asking.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '2000000' }] }] })
    say({ altered: await retention() })
    await (await producer()).send(of(numbers(10)))
    await asking.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '6' }] })
    say({ beginning: Number((await asking.fetchTopicOffsets('t')).find(({ partition }) => partition === 0).low) })
    const { consumer, messages } = await read(1, { groupId: 'g' })
    await consumer.commitOffsets([{ topic: 't', partition: 0, offset: `${Number(messages[0].offset) + 1}` }])
    await consumer.disconnect()
    const groups = async () => (await asking.listGroups()).groups.map(({ groupId }) => groupId).filter(name => name === 'g')
    say({ groups: await groups(), state: (await asking.describeGroups(['g'])).groups[0].state })
    await asking.deleteGroups(['g'])
    await asking.deleteTopics({ topics: ['t'] })
    say({ groupsLeft: await groups(), topicsLeft: await asking.listTopics() })
  }

  async function idempotence() {
    const to = await producer({ idempotent: true, maxInFlightRequests: 1 })
    for (let first = 0; first < 1000; first += 50) await to.send(of(numbers(1000).slice(first, first + 50)))
    say({ values: textsOf(await read(1000)) })
  }

  async function transactions() {
    await create(1)
    const to = await transactional()
    const transact = async (values, end, offset) => {
      const transaction = await to.transaction()
      await transaction.send(of(values))
      const topics = [{ topic: 'in', partitions: [{ partition: 0, offset }] }]
      if (offset) await transaction.sendOffsets({ consumerGroupId: 'g', topics })
      await transaction[end]()
    }
    const asking = await admin()
    await asking.createTopics({ topics: [{ topic: 'in', numPartitions: 1 }] })
    const offset = async () => Number((await asking.fetchOffsets({ groupId: 'g', topics: ['in'] }))[0].partitions[0].offset)
    await transact(['a', 'b'], 'commit', '7')
    say({ offset: await offset() })
    await transact(['c', 'd'], 'abort', '9')
    say({ offsetAborted: await offset() })
    await transact(['e'], 'commit')
    say({ committed: textsOf(await read(3)), uncommitted: textsOf(await read(5, { readUncommitted: true })) })
    // it takes its epoch with its first transaction
    await (await (await transactional()).transaction()).commit()
    const { type } = await transact(['f'], 'commit').catch(error => error)
    say({ isFenced: type === 'INVALID_PRODUCER_EPOCH' || type === 'PRODUCER_FENCED' })
  }

  const none = async () => {
    throw new Error('it has no static members')
  }
  return { records, positions, group, commits, admin: administer, idempotence, transactions, static: none, fenced: none, close }
}
