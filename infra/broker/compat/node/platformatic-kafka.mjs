// What does @platformatic/kafka do when it is told a scenario of scenarios.ts? COMPAT_PLATFORMATIC_KAFKA names its main file.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { numbers, until } from './common.mjs'

const {
  Admin,
  ConfigResourceTypes,
  Consumer,
  cooperativeStickyAssigner,
  FetchIsolationLevels,
  IncrementalAlterConfigOperationTypes,
  Producer,
  stringDeserializers,
  stringSerializers
} = await import(pathToFileURL(process.env.COMPAT_PLATFORMATIC_KAFKA).href)

export function open({ address, codec, protocol, security }, { input, say }) {
  const opened = []
  let isClosing = false
  const base = {
    clientId: 'platformatic',
    bootstrapBrokers: [address],
    retryDelay: 50,
    ...(security && {
      tls: { ca: readFileSync(security.ca) },
      sasl: { mechanism: security.mechanism, username: security.user, password: security.password }
    })
  }
  const keep = client => opened.push(client) && client
  const admin = keep(new Admin(base))

  async function close() {
    isClosing = true
    for (const client of opened.reverse()) await (client instanceof Consumer ? client.close(true) : client.close()).catch(() => {})
  }

  const producer = (options = {}) => keep(new Producer({ ...base, autocreateTopics: true, serializers: stringSerializers, ...options }))
  const write = (to, values) => to.send({ acks: -1, messages: values.map(value => ({ topic: 't', partition: 0, value })) })

  // a member that was about to join again when it was closed says so, as does a stream that is left or was about to fetch
  function mind(member, source) {
    source.on('error', error => {
      if (!isClosing && !member.closed && error.name !== 'AbortError') throw error
    })
    return source
  }

  function consumer(groupId, options = {}) {
    const member = keep(new Consumer({ ...base, groupId, deserializers: stringDeserializers, heartbeatInterval: 200, ...options }))
    return mind(member, member)
  }

  const consume = async (member, options) => mind(member, await member.consume({ autocommit: false, maxWaitTime: 100, ...options }))

  let readers = 0
  async function read(count, offset = 0, isolationLevel = FetchIsolationLevels.READ_COMMITTED) {
    const reading = consumer(`reader-${++readers}`)
    const offsets = [{ topic: 't', partition: 0, offset: BigInt(offset) }]
    return take(await consume(reading, { topics: ['t'], mode: 'manual', offsets, isolationLevel }), count)
  }

  async function take(stream, count) {
    const taken = []
    for await (const message of stream) if (taken.push(message) === count) break
    return taken
  }

  const texts = messages => messages.map(({ value }) => value)
  const create = (partitions, configs = []) => admin.createTopics({ topics: ['t'], partitions, replicas: 1, configs })

  async function records() {
    const messages = input.map(({ headers, key, time, value }) => ({
      ...{ topic: 't', partition: 0, timestamp: BigInt(time), headers: new Map(headers) },
      ...{ key: key ?? undefined, value: value ?? undefined }
    }))
    // one after the other, as a batch may have a mebibyte
    for (let first = 0; first < messages.length; first += 200)
      await producer({ compression: codec }).send({ acks: -1, messages: messages.slice(first, first + 200) })
    for (const { headers, key, offset, timestamp, value } of await read(input.length)) {
      say({
        offset: Number(offset),
        key: key ?? null,
        value: value ?? null,
        time: Number(timestamp),
        headers: [...headers].map(([name, each]) => [name, each ?? null])
      })
    }
  }

  async function positions() {
    await producer().send({
      acks: -1,
      messages: numbers(100).map((value, index) => ({ topic: 't', partition: 0, value, timestamp: BigInt(1000 + index) }))
    })
    const looking = consumer('looking')
    const offsetAt = async timestamp => Number((await looking.listOffsets({ topics: ['t'], timestamp: BigInt(timestamp) })).get('t')[0])
    const [found, after] = [await offsetAt(1050), await offsetAt(5000)]
    say({ beginning: await offsetAt(-2), end: await offsetAt(-1), atTime1050: found, afterAll: after < 0 ? null : after })
    say({ at40: texts(await read(1, 40))[0], valueAtTime1050: texts(await read(1, found))[0] })
  }

  async function join(options = {}) {
    const cooperative = { protocols: [{ name: 'cooperative-sticky', version: 1 }], partitionAssigner: cooperativeStickyAssigner }
    const groupProtocol = protocol === 'consumer' ? 'consumer' : 'classic'
    const member = consumer('g', { groupProtocol, ...(protocol === 'cooperative' && cooperative), ...options })
    const stream = await consume(member, { topics: ['t'], mode: 'committed', fallbackMode: 'earliest' })
    return { member, stream }
  }

  const partsOf = ({ member }) => member.assignments?.find(({ topic }) => topic === 't')?.partitions ?? []

  async function group() {
    if (protocol === 'cooperative' && !cooperativeStickyAssigner) throw new Error('there is no cooperative assignor')
    await create(6)
    const members = []
    const seen = new Set()
    const settle = async (name, counts) => {
      const isShared = () => {
        const parts = members.map(partsOf)
        return String(parts.map(each => each.length).sort()) === String(counts) && new Set(parts.flat()).size === 6
      }
      await until(isShared, `${name}: ${JSON.stringify(members.map(partsOf))}`)
      say({ [name]: counts })
    }
    for (const [name, counts] of Object.entries({ one: [6], two: [3, 3], three: [2, 2, 2] })) {
      const joined = await join()
      joined.stream.on('data', ({ offset, partition }) => seen.add(`${partition} ${offset}`))
      members.push(joined)
      await settle(name, counts)
    }
    await members.shift().member.close(true)
    await settle('left', [3, 3])
    await producer().send({ acks: -1, messages: numbers(60).map((value, index) => ({ topic: 't', partition: index % 6, value })) })
    await until(() => seen.size >= 60, 'all records')
    say({ read: seen.size })
  }

  async function commits() {
    await create(1)
    await write(producer(), numbers(10))
    const next = async name => {
      const joined = await join()
      const [message] = await take(joined.stream, 1)
      say({ [name]: message.value })
      return joined
    }
    const { member } = await next('first')
    await member.commit({ offsets: [{ topic: 't', partition: 0, offset: 4n, leaderEpoch: 0 }] })
    const offsets = await member.listCommittedOffsets({ topics: [{ topic: 't', partitions: [0] }] })
    say({ committed: Number(offsets.get('t')[0]) })
    await member.close(true)
    await (await next('next')).member.close(true)
    await admin.alterConsumerGroupOffsets({ groupId: 'g', topics: [{ name: 't', partitionOffsets: [{ partition: 0, offset: 2n }] }] })
    await next('reset')
  }

  async function named(groupInstanceId) {
    const joined = await join({ groupInstanceId })
    const { members } = (await admin.describeGroups({ groups: ['g'] })).get('g')
    if ([...members.values()].every(member => member.groupInstanceId !== groupInstanceId)) throw new Error('it is no static member')
    return joined
  }

  async function static_() {
    await create(2)
    const other = await named('b')
    let first = await named('a')
    const settle = async name => {
      await until(() => partsOf(first).length === 1 && partsOf(other).length === 1, name)
      say({ [name]: [1, 1] })
    }
    await settle('assigned')
    let rebalancesOfTheOther = 0
    other.member.on('consumer:group:rebalance', () => rebalancesOfTheOther++)
    await first.member.close(true)
    first = await named('a')
    await settle('back')
    say({ rebalancesOfTheOther })
  }

  async function fenced() {
    await create(1)
    const first = await named('a')
    let isFenced = false
    const look = error => (isFenced ||= /FENCED_INSTANCE_ID/.test(inspect(error, { depth: 9 })))
    first.stream.on('error', look)
    first.member.on('consumer:heartbeat:error', ({ error }) => look(error))
    // version 2 tells nobody, and joins again
    first.member.on('client:performWithRetry:failed', (_operation, _attempts, errors) => look(errors))
    await named('a')
    await until(() => isFenced, "the fenced member's error")
    say({ isFenced })
  }

  async function administer() {
    const topics = () => admin.listTopics()
    const partitions = async () => (await admin.metadata({ topics: ['t'], forceUpdate: true })).topics.get('t').partitions.length
    say({ brokers: (await admin.metadata({ topics: [] })).brokers.size })
    await create(2, [{ name: 'retention.ms', value: '1000000' }])
    say({ topics: await topics(), partitions: await partitions() })
    await create(2).catch(error => say({ again: /TOPIC_ALREADY_EXISTS/.exec(inspect(error, { depth: 9 }))?.[0] }))
    await admin.createPartitions({ topics: [{ name: 't', count: 3, assignments: null }] })
    say({ grown: await partitions() })
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: 't' }
    const retention = async () =>
      (await admin.describeConfigs({ resources: [{ ...resource, configurationKeys: ['retention.ms'] }] }))[0].configs[0].value
    say({ retention: await retention() })
    const configs = [{ name: 'retention.ms', configOperation: IncrementalAlterConfigOperationTypes.SET, value: '2000000' }]
    await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs }] })
    say({ altered: await retention() })
    await write(producer(), numbers(10))
    const [deleted] = await admin.deleteRecords({ topics: [{ name: 't', partitions: [{ partition: 0, offset: 6n }] }] })
    say({ beginning: Number(deleted.partitions[0].lowWatermark) })
    const { member, stream } = await join()
    const [message] = await take(stream, 1)
    await member.commit({ offsets: [{ topic: 't', partition: 0, offset: message.offset + 1n, leaderEpoch: 0 }] })
    await member.close(true)
    const groups = async () => [...(await admin.listGroups()).keys()]
    const { state } = (await admin.describeGroups({ groups: ['g'] })).get('g')
    say({ groups: await groups(), state: state[0] + state.slice(1).toLowerCase() })
    await admin.deleteGroups({ groups: ['g'] })
    await admin.deleteTopics({ topics: ['t'] })
    say({ groupsLeft: await groups(), topicsLeft: await topics() })
  }

  async function idempotence() {
    const writing = producer({ idempotent: true })
    for (let first = 0; first < 1000; first += 50) await write(writing, numbers(1000).slice(first, first + 50))
    say({ values: texts(await read(1000)) })
  }

  async function transactions() {
    await create(1)
    await admin.createTopics({ topics: ['in'], partitions: 1, replicas: 1 })
    await producer().send({ acks: -1, messages: numbers(9).map(value => ({ topic: 'in', partition: 0, value })) })
    const member = consumer('g')
    const stream = await consume(member, { topics: ['in'], mode: 'earliest' })
    const inputs = []
    stream.on('data', message => inputs.push(message))
    await until(() => inputs.length === 9, 'the input')
    const writing = producer({ idempotent: true, transactionalId: 'tx' })
    const transact = async (values, end, input) => {
      const transaction = await writing.beginTransaction()
      await write(transaction, values)
      if (input) {
        await transaction.addConsumer(member)
        await transaction.addOffset(input)
      }
      await transaction[end]()
    }
    const offset = async () => Number((await admin.listConsumerGroupOffsets({ groups: ['g'] }))[0].topics[0].partitions[0].committedOffset)
    await transact(['a', 'b'], 'commit', inputs[6])
    say({ offset: await offset() })
    await transact(['c', 'd'], 'abort', inputs[8])
    say({ offsetAborted: await offset() })
    await transact(['e'], 'commit')
    say({ committed: texts(await read(3)), uncommitted: texts(await read(5, 0, FetchIsolationLevels.READ_UNCOMMITTED)) })
    // without these, version 1.35 says that it is producer 0 in epoch 0, which Kafka fences
    const anew = { producerId: -1n, producerEpoch: -1 }
    const next = await producer({ idempotent: true, transactionalId: 'tx', ...anew }).beginTransaction()
    await write(next, ['g'])
    await next.commit()
    const error = await transact(['f'], 'commit').catch(error => error)
    say({ isFenced: /PRODUCER_FENCED|INVALID_PRODUCER_EPOCH/.test(inspect(error, { depth: 9 })) })
  }

  return { records, positions, group, commits, admin: administer, idempotence, transactions, static: static_, fenced, close }
}
