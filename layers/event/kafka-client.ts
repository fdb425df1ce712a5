// How does a function reach Kafka? One client, one idempotent producer and one admin connection for each process.
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'
import { config } from '../config'
import type { Contract } from '../contract'
import { PipelineError } from '../errors'
import { log } from '../log'
import { keyPartitioner } from './partitioner'

const levels: Record<number, 'error' | 'warn' | 'info' | 'debug'> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug'
}

let kafka: Kafka | undefined
let producer: Promise<Producer> | undefined
let admin: Promise<Admin> | undefined
const ensured = new Map<string, Promise<void>>()
let cluster: Promise<string> | undefined

/** What kafkajs warns of although it is meant: a function has a deadline, so its producer gives up before the end of time. */
const unremarkable = /Limiting retries for the idempotent producer/

/** The client of the configured brokers. */
export function kafkaClient(brokers: readonly string[] = config().kafkaBrokers): Kafka {
  return new Kafka({
    clientId: 'sluice',
    brokers: [...brokers],
    connectionTimeout: 3_000,
    retry: { retries: 5, initialRetryTime: 100 },
    logLevel: logLevel.WARN,
    logCreator: () => entry => {
      if (!unremarkable.test(entry.log.message)) log[levels[entry.level] ?? 'info']({ kafka: entry.log }, entry.log.message)
    }
  })
}

const shared = () => (kafka ??= kafkaClient())

/** A promise that is forgotten when it fails, so that the next caller tries again. */
function connected<T>(connect: () => Promise<T>, forget: () => void): Promise<T> {
  return connect().catch(error => {
    forget()
    throw new PipelineError('KAFKA_UNAVAILABLE', `Kafka at ${config().kafkaBrokers.join(',')} does not answer: ${error.message}`, {
      cause: error
    })
  })
}

/** The idempotent producer: a batch that is sent again after a lost answer is stored once; records of a key go to one partition, as Java clients place them. */
export function sharedProducer(): Promise<Producer> {
  producer ??= connected(
    async () => {
      const connecting = shared().producer({
        idempotent: true,
        maxInFlightRequests: 5,
        allowAutoTopicCreation: false,
        createPartitioner: keyPartitioner
      })
      await connecting.connect()
      return connecting
    },
    () => {
      producer = undefined
    }
  )
  return producer
}

/** The admin connection. */
export function sharedAdmin(): Promise<Admin> {
  admin ??= connected(
    async () => {
      const connecting = shared().admin()
      await connecting.connect()
      return connecting
    },
    () => {
      admin = undefined
    }
  )
  return admin
}

/** The id of the cluster, asked once for each process: offsets mean nothing without it. */
export function clusterId(): Promise<string> {
  cluster ??= connected(
    async () => (await (await sharedAdmin()).describeCluster()).clusterId,
    () => {
      cluster = undefined
    }
  )
  return cluster
}

/** Creates the topics of these contracts where they are missing; an existing topic keeps its partitions. */
export async function createTopics(client: Admin, contracts: readonly Contract[]): Promise<void> {
  const existing = new Set(await client.listTopics())
  const missing = contracts.filter(({ topic }) => !existing.has(topic.name))
  if (missing.length === 0) return
  await client.createTopics({
    waitForLeaders: true,
    topics: missing.map(({ topic }) => ({ topic: topic.name, numPartitions: topic.partitions, replicationFactor: -1 }))
  })
}

/** The contract's topic is there when this returns; asked once for each process. */
export function ensureTopic(contract: Contract): Promise<void> {
  const name = contract.topic.name
  let asked = ensured.get(name)
  if (!asked) {
    asked = sharedAdmin()
      .then(client => createTopics(client, [contract]))
      .catch(error => {
        ensured.delete(name)
        throw error
      })
    ensured.set(name, asked)
  }
  return asked
}

/** Ends the connections of this process. */
export async function closeKafka(): Promise<void> {
  const open = [producer, admin]
  producer = admin = kafka = cluster = undefined
  ensured.clear()
  await Promise.all(open.map(async client => (await client?.catch(() => undefined))?.disconnect()))
}
