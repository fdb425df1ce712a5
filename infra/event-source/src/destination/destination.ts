// Where do discarded records go? One destination per mapping, chosen by its setting, opened before anything is delivered.
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Cluster } from '../client/cluster'
import type { DestinationSetting, Mapping } from '../mapping/mapping'
import { openQueue, openStore, openTopic } from './aws-service'
import { openDirectory } from './directory'
import { batchEnvelope, type Discarded, type EnvelopeOrigin, objectEnvelope } from './envelope'
import { openKafkaTopic } from './kafka-topic'

/** Where the folders of ARNs lie that have no target of their own: no AWS account is wanted on a developer's machine. */
export const LOCAL_FOLDER = '.kafka-event-source'

/** One attempt to deliver; may be repeated until it resolves, and repeats nothing that an earlier one has done. */
export type Attempt = (signal: AbortSignal) => Promise<void>

export interface Destination {
  /** As messages name it. */
  readonly name: string
  prepare(discarded: Discarded): Attempt
  close(): void
}

/** One delivery as JSON, the same however often it is attempted. */
export interface InvocationRecord {
  body: string
  /** Epoch milliseconds. */
  timestamp: number
  /** Counts up within this process. */
  serial: number
  /** A random UUID. */
  id: string
  mappingUuid: string
}

/** What takes one document per delivery: SQS, SNS, S3, or a folder instead of them. */
export interface DocumentDestination {
  /** @throws whatever kept the document from being stored */
  put(record: InvocationRecord, signal: AbortSignal): Promise<void>
  close(): void
}

let serial = 0

export interface DestinationSettings {
  mapping: Mapping & { onFailure: DestinationSetting }
  functionArn: string
  eventHead: EnvelopeOrigin['eventHead']
  /** The cluster of the mapping, for a Kafka topic. */
  cluster: Cluster
  /** The folder of serverless.yml: relative folders and AWS clients are looked for from here. */
  serviceFolder: string
  /** Told what a user should know and did not ask for. */
  onNotice: (text: string) => void
}

/**
 * Opens the destination of a mapping; nothing is connected to before the first delivery.
 * @throws ConfigurationError when the client of an AWS service is not installed
 */
export function openDestination(settings: DestinationSettings): Destination {
  const { mapping, functionArn, eventHead, onNotice } = settings
  const { onFailure, uuid } = mapping
  const origin: EnvelopeOrigin = { functionArn, eventHead }
  if (onFailure.kind === 'kafka') return openKafkaTopic({ topic: onFailure.topic, origin, cluster: settings.cluster, onNotice })
  const name = onFailure.arn.split(/[:/]/).at(-1)!
  const documents = openDocuments(onFailure, name, settings)
  const envelope = onFailure.kind === 's3' ? objectEnvelope : batchEnvelope
  return {
    name: onFailure.arn,
    prepare: discarded => {
      const timestamp = Date.now()
      const body = JSON.stringify(envelope(origin, discarded, timestamp))
      const record = { body, timestamp, serial: serial++, id: randomUUID(), mappingUuid: uuid }
      return signal => documents.put(record, signal)
    },
    close: () => documents.close()
  }
}

function openDocuments(
  onFailure: DestinationSetting & { kind: 'sqs' | 'sns' | 's3' },
  name: string,
  { mapping, serviceFolder, onNotice }: DestinationSettings
): DocumentDestination {
  const { kind, arn, target } = onFailure
  if (target && 'endpoint' in target) {
    const open = { sqs: openQueue, sns: openTopic, s3: openStore }[kind]
    return open({ arn, endpoint: target.endpoint, serviceFolder, path: `functions.${mapping.functionKey}` })
  }
  const folder = resolve(serviceFolder, target?.directory ?? join(LOCAL_FOLDER, name))
  if (!target) onNotice(`records that are given up go to the folder ${folder}, instead of ${arn}`)
  return openDirectory(folder)
}
