// Do SQS, SNS and S3 take what is given up? Over HTTP to servers that speak their protocols; each is skipped by name without its URL.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type Broker, startBroker } from 'sluice-broker'
import type { DestinationSetting } from '../src/mapping/mapping'
import { Harness } from '../test/harness'

const queues = process.env.COMPAT_SQS_SNS_URL
const objects = process.env.COMPAT_S3_URL

/** Own names, so that a server may be used again. */
const name = `dead-${process.pid}-${Date.now()}`
const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)

let broker: Broker
const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))
beforeAll(async () => {
  broker = await startBroker({ port: 0, dataDir })
})
afterAll(async () => {
  await broker.close()
  rmSync(dataDir, { recursive: true })
  Harness.bundled.current?.remove()
})

/** Fails with one record until it is given up; what the destination must have got, and the bytes of its event. */
async function giveUp(onFailure: DestinationSetting): Promise<{ envelope: object; event: string }> {
  const harness = await Harness.create([broker.address], 1)
  try {
    await harness.produce([{ key: 'k', value: 'fail:poison:1000', timestamp: '1700000000123' }])
    // the clients are the repository's
    harness.start({ onFailure, maximumRetryAttempts: 1, backoff: { firstMs: 1, mostMs: 1 } }, 10_000, resolve(__dirname, '..'))
    await harness.poll(async () => (await harness.committed())[0] === 1)
    const event = JSON.stringify(harness.deliveries[0]!.event)
    const time = '2023-11-14T22:13:20.123Z'
    const range = { firstRecordOffset: '0', lastRecordOffset: '0', firstRecordTimestamp: time, lastRecordTimestamp: time }
    const envelope = {
      requestContext: {
        requestId: uuid,
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:collect',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 2
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      KafkaBatchInfo: {
        batchSize: 1,
        bootstrapServers: broker.address,
        payloadSize: event.length,
        recordsInfo: { [`${harness.topic}-0`]: range }
      }
    }
    return { envelope, event }
  } finally {
    await harness.close()
  }
}

if (!queues) test.skip('SQS and SNS: COMPAT_SQS_SNS_URL is not set', () => {})
else {
  const sqs = new SQSClient({ ...local, endpoint: queues })
  const sns = new SNSClient({ ...local, endpoint: queues })
  afterAll(() => {
    sqs.destroy()
    sns.destroy()
  })
  const createQueue = async (queue: string) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: queue }))
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    return { url: QueueUrl!, arn: Attributes!.QueueArn! }
  }
  const receive = async (QueueUrl: string) => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 }))
    return (Messages ?? []).map(({ Body }) => JSON.parse(Body!))
  }

  test('a queue gets the invocation record as one message', async () => {
    const { url, arn } = await createQueue(name)
    const { envelope } = await giveUp({ kind: 'sqs', arn, target: { endpoint: queues } })
    expect(await receive(url)).toEqual([envelope])
  })

  test('the subscribers of a topic get it', async () => {
    const { url, arn } = await createQueue(`${name}-subscriber`)
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }))
    const Attributes = { RawMessageDelivery: 'true' }
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes }))
    const { envelope } = await giveUp({ kind: 'sns', arn: TopicArn!, target: { endpoint: queues } })
    expect(await receive(url)).toEqual([envelope])
  })

  test('a queue that does not exist yet is said once and gets it when it is there', async () => {
    const queue = `${name}-late`
    const harness = await Harness.create([broker.address], 1)
    await harness.produce([{ value: 'fail:poison:1000' }])
    const onFailure: DestinationSetting = { kind: 'sqs', arn: `arn:aws:sqs:us-east-1:123456789012:${queue}`, target: { endpoint: queues } }
    harness.start({ onFailure, maximumRetryAttempts: 0 }, 10_000, resolve(__dirname, '..'))
    await harness.until(() => harness.logged.some(line => line.includes('takes nothing')))
    expect(await harness.committed()).toEqual({ 0: 0 })
    const { url } = await createQueue(queue)
    await harness.until(() => harness.logged.some(line => line.includes('is reached again')))
    expect(await receive(url)).toMatchObject([{ KafkaBatchInfo: { batchSize: 1 } }])
    expect(harness.logged.filter(line => line.includes('takes nothing')).length).toBe(1)
    await harness.close()
  })
}

if (!objects) test.skip('S3: COMPAT_S3_URL is not set', () => {})
else
  test('a bucket gets the invocation record with the event as an object', async () => {
    const { origin, username, password } = new URL(objects)
    const credentials = { accessKeyId: username, secretAccessKey: password }
    const s3 = new S3Client({ ...local, credentials, endpoint: origin, forcePathStyle: true })
    await s3.send(new CreateBucketCommand({ Bucket: name }))
    const { envelope, event } = await giveUp({ kind: 's3', arn: `arn:aws:s3:::${name}`, target: { endpoint: objects } })
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: name }))
    const keys = (Contents ?? []).map(({ Key }) => Key!)
    expect(keys).toEqual([
      expect.stringMatching(/^aws\/lambda\/event-source-[^/]+\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/)
    ])
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: name, Key: keys[0]! }))
    expect(JSON.parse(await Body!.transformToString())).toEqual({ ...envelope, payload: event })
    s3.destroy()
  })
