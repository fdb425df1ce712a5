import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { mappingDefaults } from './mapping/mapping'
import { answerTo, type MappingStatus, serveStatus } from './status-server'

const counters = { records: 7, invocations: 2, failures: 1, oversized: 0, discarded: 0, filtered: 3, lag: 4 }
const kafka: MappingStatus = {
  mapping: {
    ...mappingDefaults,
    uuid: 'u-1',
    functionKey: 'take',
    source: 'kafka',
    topic: 'orders',
    group: 'g',
    bootstrapServers: ['a:1', 'b:2'],
    access: { bootstrapServers: ['a:1'], sasl: { mechanism: 'PLAIN', username: 'u', password: 'hidden' } },
    filterPatterns: ['{"value":{"a":[1]}}'],
    reportBatchItemFailures: true,
    onFailure: { kind: 'kafka', topic: 'failed' },
    provisioned: { minimumPollers: 1, maximumPollers: 3 }
  },
  functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:shop-dev-take',
  state: 'Enabled',
  lastProcessingResult: 'OK',
  pollers: 2,
  counters
}
const msk: MappingStatus = { ...kafka, mapping: { ...kafka.mapping, uuid: 'u-2', arn: 'arn:aws:kafka:x', source: 'msk', windowMs: 2000 } }
const get = (path: string) => answerTo(new URL(path, 'http://localhost'), [kafka, msk])

test('/status has state, last result, pollers and counters of every mapping, and no credentials', () => {
  const expected = { uuid: 'u-1', function: 'take', topic: 'orders', group: 'g', state: 'Enabled', lastProcessingResult: 'OK', pollers: 2 }
  expect(get('/status')).toEqual({
    mappings: [
      { ...expected, ...counters },
      { ...expected, ...counters, uuid: 'u-2' }
    ]
  })
  expect(JSON.stringify([get('/status'), get('/2015-03-31/event-source-mappings/')])).not.toContain('hidden')
})

test("the AWS SDK reads the mappings as Lambda's own", async () => {
  const server = await serveStatus(0, () => [kafka, msk])
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const lambda = new LambdaClient({ endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1', credentials })
  const { EventSourceMappings } = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: 'shop-dev-take' }))
  expect(EventSourceMappings).toEqual([
    {
      UUID: 'u-1',
      FunctionArn: kafka.functionArn,
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['a:1', 'b:2'] } },
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' },
      Topics: ['orders'],
      BatchSize: 100,
      StartingPosition: 'TRIM_HORIZON',
      FilterCriteria: { Filters: [{ Pattern: '{"value":{"a":[1]}}' }] },
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      BisectBatchOnFunctionError: false,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: 'kafka://failed' } },
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 3 },
      State: 'Enabled',
      LastProcessingResult: 'OK'
    },
    expect.objectContaining({ UUID: 'u-2', EventSourceArn: 'arn:aws:kafka:x', MaximumBatchingWindowInSeconds: 2 })
  ])
  lambda.destroy()
  await new Promise(resolve => server.close(resolve))
})

test('one mapping is found by its UUID, those of another function are left out, and there is nothing else', () => {
  expect(get('/2015-03-31/event-source-mappings/u-2')).toMatchObject({ UUID: 'u-2' })
  expect(get('/2015-03-31/event-source-mappings/u-3')).toBeUndefined()
  expect(get('/2015-03-31/event-source-mappings/?FunctionName=other')).toEqual({ EventSourceMappings: [] })
  expect(get('/anything')).toBeUndefined()
})

// a client of its own, as others write no such path
test.each(['//', '/status/../\\\\', 'http://[/'])('the path %s is answered, and ends nothing', async path => {
  const server = await serveStatus(0, () => [kafka])
  const { port } = server.address() as AddressInfo
  const ask = (asked: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ port, host: '127.0.0.1', path: asked }, answer => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end()
    })
  expect(await ask(path)).toBe(404)
  expect(await ask('/status')).toBe(200)
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})
