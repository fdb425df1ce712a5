// A Kafka message arrives: is it good, and where is it kept?
import type pg from 'pg'
import { config } from '../../layers/config'
import { type Contract, compileValidator, contractOfTopic } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { clusterId } from '../../layers/event/kafka-client'
import { kafkaEvent, type PartitionRecords, partitionsOf } from '../../layers/event/kafka-event'
import { log } from '../../layers/log'
import { advanceOffsets, type BatchCounts, batchWriter, claimOffsets, rangeOf } from '../../layers/store/batch'
import { VALIDATION } from '../../layers/store/counts'
import { poolFor, withTransaction } from '../../layers/store/pool'
import unknownFieldsAdd from '../../sql/queries/unknown-fields-add.sql'
import { decideRecords } from './decide'
import { fieldsPerDatasetMax, unknownFieldCounter } from './unknown-fields'

/** What is compiled once for each dataset of this process. */
interface Dataset {
  contract: Contract
  validate: ReturnType<typeof compileValidator>
  write: ReturnType<typeof batchWriter>
  countUnknown: ReturnType<typeof unknownFieldCounter>
  /** Unknown fields that this process has told of. */
  told: Set<string>
}

const compiled = (contract: Contract): Dataset => ({
  contract,
  validate: compileValidator(contract),
  write: batchWriter(contract),
  countUnknown: unknownFieldCounter(contract),
  told: new Set()
})

const byTopic = new Map<string, Dataset>()

function datasetOf(topic: string): Dataset {
  let dataset = byTopic.get(topic)
  if (!dataset) byTopic.set(topic, (dataset = compiled(contractOfTopic(topic))))
  return dataset
}

/** The partitions without the records that an earlier delivery stored. */
function unseen(partitions: readonly PartitionRecords[], claimed: ReadonlyMap<string, number>): PartitionRecords[] {
  return partitions.map(({ topic, partition, records }) => {
    const next = claimed.get(`${topic}-${partition}`)!
    return { topic, partition, records: records[0]!.offset >= next ? records : records.filter(record => record.offset >= next) }
  })
}

/** Notes fields that the contract does not know, and tells of each once. */
async function noteUnknown(client: pg.PoolClient, { contract, told }: Dataset, counts: ReadonlyMap<string, number>): Promise<void> {
  if (counts.size === 0) return
  const fields = [...counts.keys()].filter(field => !told.has(field))
  if (fields.length > 0 && told.size < fieldsPerDatasetMax) {
    for (const field of fields) told.add(field)
    log.warn({ dataset: contract.dataset, fields }, 'records have fields that the contract does not know; they are kept in unknown_fields')
  }
  await client.query(unknownFieldsAdd, [contract.dataset, [...counts.keys()], [...counts.values()], fieldsPerDatasetMax])
}

/** Rows and offsets of one dataset's partitions, all or nothing. */
async function storePartitions(dataset: Dataset, partitions: PartitionRecords[]): Promise<BatchCounts> {
  const { contract, validate, write, countUnknown } = dataset
  const { databaseUrl, timescaleUrl } = config()
  const consumer = { name: VALIDATION, clusterId: await clusterId() }
  return withTransaction(poolFor(contract.store === 'timeseries' ? timescaleUrl : databaseUrl), async client => {
    const ranges = partitions.map(rangeOf)
    const fresh = unseen(partitions, await claimOffsets(client, consumer, ranges))
    const decided = decideRecords(contract, validate, fresh)
    const counts = await write(client, consumer.clusterId, decided)
    if (countUnknown) await noteUnknown(client, dataset, countUnknown(decided))
    await advanceOffsets(client, consumer, ranges)
    const skipped = partitions.reduce((count, { records }, index) => count + records.length - fresh[index]!.records.length, 0)
    if (skipped > 0) log.warn({ dataset: contract.dataset, skipped }, 'records delivered again were stored before and are skipped')
    return counts
  })
}

export const handler = lambdaFunction(VALIDATION, kafkaEvent, async event => {
  const byDataset = new Map<Dataset, PartitionRecords[]>()
  for (const partition of partitionsOf(event)) {
    const dataset = datasetOf(partition.topic)
    byDataset.set(dataset, [...(byDataset.get(dataset) ?? []), partition])
  }
  const counts: Record<string, BatchCounts> = {}
  for (const [dataset, partitions] of byDataset) counts[dataset.contract.dataset] = await storePartitions(dataset, partitions)
  return counts
})
