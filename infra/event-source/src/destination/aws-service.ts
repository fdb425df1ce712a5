// How are SQS, SNS and S3 reached? Through the AWS SDK clients that the service has installed, at AWS or at a server that speaks as they do.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ConfigurationError } from '../mapping/configuration-error'
import type { DocumentDestination, InvocationRecord } from './destination'

/** The endpoint that means AWS itself. */
export const AWS_ENDPOINT = 'aws'
const REGION_DEFAULT = 'us-east-1'
/** A server without any access control still wants a signature. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }
const CONNECT_MS_MAX = 5_000
const REQUEST_MS_MAX = 15_000

export interface ServiceSettings {
  arn: string
  /** URL, with user and password where the server wants them, or `aws`. */
  endpoint: string
  /** Where the client's package is looked for. */
  serviceFolder: string
  /** Where the setting stands, for errors. */
  path: string
}

/**
 * Finds the package of an AWS client, which is loaded when it is first used.
 * @throws ConfigurationError when it is not installed
 */
function clientPackage<Sdk>(name: string, { arn, serviceFolder, path }: ServiceSettings): () => Sdk {
  const require = createRequire(join(serviceFolder, 'package.json'))
  try {
    require.resolve(name)
  } catch {
    throw new ConfigurationError({ path, key: 'onFailureDestination' }, arn, `Its client is not installed: npm install --save-dev ${name}`)
  }
  return () => {
    // the SDK's warning of old Node.js versions is nothing that a user of this plugin could act on
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
    return require(name) as Sdk
  }
}

/** What every client is made with. Attempts are repeated by the caller, who can be stopped. */
function clientConfig({ arn, endpoint }: ServiceSettings) {
  const region = arn.split(':')[3] || process.env['AWS_REGION'] || REGION_DEFAULT
  const common = { region, maxAttempts: 1, requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: REQUEST_MS_MAX } }
  if (endpoint === AWS_ENDPOINT) return common
  const url = new URL(endpoint)
  const { username, password } = url
  url.username = url.password = ''
  const own = username ? { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) } : undefined
  const fromEnvironment = process.env['AWS_ACCESS_KEY_ID'] && process.env['AWS_SECRET_ACCESS_KEY']
  return { ...common, endpoint: url.href, ...((own || !fromEnvironment) && { credentials: own ?? LOCAL_CREDENTIALS }) }
}

/** What may be done once is done once, and again when it failed. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined
  return () => {
    done ??= work().catch(error => {
      done = undefined
      throw error
    })
    return done
  }
}

/** A client that is made with the first delivery. */
function lazily<Client extends { destroy: () => void }>(make: () => Client): { get: () => Client; close: () => void } {
  let client: Client | undefined
  return {
    get: () => {
      client ??= make()
      return client
    },
    close: () => client?.destroy()
  }
}

/** An SQS queue. */
export function openQueue(settings: ServiceSettings): DocumentDestination {
  const load = clientPackage<typeof import('@aws-sdk/client-sqs')>('@aws-sdk/client-sqs', settings)
  const [, , , , account, queue] = settings.arn.split(':')
  // a local server may name itself in a queue's URL as it cannot be reached from here
  const client = lazily(
    () => new (load().SQSClient)({ ...clientConfig(settings), useQueueUrlAsEndpoint: settings.endpoint === AWS_ENDPOINT })
  )
  const urlOf = once(async () => {
    const { GetQueueUrlCommand } = load()
    const { QueueUrl } = await client.get().send(new GetQueueUrlCommand({ QueueName: queue, QueueOwnerAWSAccountId: account }))
    return QueueUrl!
  })
  return {
    async put({ body }, abortSignal) {
      const { SendMessageCommand } = load()
      await client.get().send(new SendMessageCommand({ QueueUrl: await urlOf(), MessageBody: body }), { abortSignal })
    },
    close: client.close
  }
}

/** An SNS topic. */
export function openTopic(settings: ServiceSettings): DocumentDestination {
  const load = clientPackage<typeof import('@aws-sdk/client-sns')>('@aws-sdk/client-sns', settings)
  const client = lazily(() => new (load().SNSClient)(clientConfig(settings)))
  return {
    async put({ body }, abortSignal) {
      const { PublishCommand } = load()
      await client.get().send(new PublishCommand({ TopicArn: settings.arn, Message: body }), { abortSignal })
    },
    close: client.close
  }
}

/**
 * The key of an object: undocumented on AWS for Kafka; as it documents it for Kinesis, without the shard, since a batch may have several partitions.
 * `aws/lambda/<mapping>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>`
 */
export const OBJECT_KEY_LAYOUT = ({ mappingUuid, timestamp, id }: InvocationRecord): string => {
  const [date, time] = new Date(timestamp).toISOString().split('T') as [string, string]
  return `aws/lambda/${mappingUuid}/${date.replaceAll('-', '/')}/${date}T${time.slice(0, 8).replaceAll(':', '.')}-${id}`
}

/** An S3 bucket. */
export function openStore(settings: ServiceSettings): DocumentDestination {
  const load = clientPackage<typeof import('@aws-sdk/client-s3')>('@aws-sdk/client-s3', settings)
  const bucket = settings.arn.split(':').at(-1)!
  const client = lazily(() => new (load().S3Client)({ ...clientConfig(settings), forcePathStyle: settings.endpoint !== AWS_ENDPOINT }))
  return {
    async put(record, abortSignal) {
      const { PutObjectCommand } = load()
      const object = { Bucket: bucket, Key: OBJECT_KEY_LAYOUT(record), Body: record.body, ContentType: 'application/json' }
      await client.get().send(new PutObjectCommand(object), { abortSignal })
    },
    close: client.close
  }
}
