// What do bytes that are no request do? They close their own connection, and nothing else.
import { TestClient } from '../test/client'
import { type Broker, startBroker } from './index'

let broker: Broker
let client: TestClient
let warnings: string[]

beforeEach(async () => {
  warnings = []
  broker = await startBroker({ log: message => warnings.push(message) })
  client = await TestClient.connect(broker.port)
})
afterEach(async () => {
  client.close()
  await broker.close()
})

const garbage: [string, Buffer][] = [
  ['text', Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
  ['a negative size', Buffer.from('ffffffff', 'hex')],
  ['a size above the bound', Buffer.from('7fffffff', 'hex')],
  ['an empty frame', Buffer.from('00000000', 'hex')],
  ['an API that is not spoken', Buffer.from('0000000a00ff000000000001ffff', 'hex')],
  ['a version that is not spoken', Buffer.from('0000000a0003006300000001ffff', 'hex')],
  ['a body that ends early', Buffer.from('0000000a0003000c00000001ffff', 'hex')]
]

it.each(garbage)('%s closes its connection, and nothing else notices', async (_, bytes) => {
  const bad = await TestClient.connect(broker.port)
  bad.socket.write(bytes)
  expect(await bad.nextFrame()).toBeUndefined()
  expect(warnings).toHaveLength(1)
  expect((await client.call('apiVersions', {})).errorCode).toBe(0)
})

it('half a frame and a hang-up leave nothing behind', async () => {
  const bad = await TestClient.connect(broker.port)
  bad.socket.end(Buffer.from('000000ff0003', 'hex'))
  await bad.nextFrame()
  expect((await client.call('metadata', { topics: null })).topics).toEqual([])
})
