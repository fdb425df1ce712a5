import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { OBJECT_KEY_LAYOUT, openQueue, openStore, openTopic } from './aws-service'

const record = {
  body: '{}',
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  serial: 0,
  id: '316aa6d0-8154-4000-9af7-85d5f4a6bc81',
  mappingUuid: 'f0e1'
}
const repository = resolve(__dirname, '../..')
const arns = {
  sqs: 'arn:aws:sqs:eu-west-1:123456789012:dead',
  sns: 'arn:aws:sns:eu-west-1:123456789012:dead',
  s3: 'arn:aws:s3:::dead'
}

test.each([
  ['@aws-sdk/client-sqs', openQueue, arns.sqs],
  ['@aws-sdk/client-sns', openTopic, arns.sns],
  ['@aws-sdk/client-s3', openStore, arns.s3]
])('a service without %s is told to install it, before anything is delivered', (name, open, arn) => {
  const empty = mkdtempSync(join(tmpdir(), 'service-'))
  try {
    expect(() => open({ arn, endpoint: 'aws', serviceFolder: empty, path: 'functions.orders' })).toThrow(
      new RegExp(`functions.orders.onFailureDestination.*${arn}.*npm install --save-dev ${name}`)
    )
  } finally {
    rmSync(empty, { recursive: true })
  }
})

test('the key of an object has the mapping, the day, the second and an id', () => {
  expect(OBJECT_KEY_LAYOUT(record)).toBe('aws/lambda/f0e1/2026/01/02/2026-01-02T03.04.05-316aa6d0-8154-4000-9af7-85d5f4a6bc81')
})

describe('a server that answers with an error', () => {
  let server: Server
  let requests: Array<{ method?: string; url?: string; authorization?: string }> = []
  beforeAll(async () => {
    server = createServer(({ method, url, headers }, response) => {
      requests.push({ method, url, authorization: headers.authorization })
      response.writeHead(503).end()
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  })
  afterAll(() => new Promise(done => server.close(done)))
  beforeEach(() => {
    requests = []
  })

  test.each([
    ['sqs', openQueue, arns.sqs, 'POST', '/', 'eu-west-1/sqs'],
    ['sns', openTopic, arns.sns, 'POST', '/', 'eu-west-1/sns'],
    ['s3', openStore, arns.s3, 'PUT', `/dead/${OBJECT_KEY_LAYOUT(record)}?x-id=PutObject`, 'us-east-1/s3']
  ])('makes a delivery to %s fail after one request, signed with the credentials of the URL', async (_, open, arn, method, url, scope) => {
    const endpoint = `http://user:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}`
    const destination = open({ arn, endpoint, serviceFolder: repository, path: 'functions.orders' })
    await expect(destination.put(record, new AbortController().signal)).rejects.toThrow()
    destination.close()
    expect(requests).toEqual([{ method, url, authorization: expect.stringMatching(new RegExp(`Credential=user/\\d{8}/${scope}/`)) }])
  })
})
