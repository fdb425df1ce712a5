// Which bytes do a real client and a real server exchange? A proxy that keeps one request and its response per API and version.
//
// usage: node record-frames.mjs <client name> <listen port> <server port> <file>
// The server must advertise the listen port (Apache Kafka: advertised.listeners); franz-go/record, which asks for every version, stays with
// the proxy whatever is advertised. Frames are added to <file> when the proxy is stopped; those of other clients are left as they are.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'

const frameBytesMax = 2500
const [client, listenPort, serverPort, file] = process.argv.slice(2)
const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const frames = new Map(before.map(frame => [keyOf(frame), frame]))
const byOthers = new Set(before.filter(frame => frame.client !== client).map(({ apiKey, version }) => `${apiKey} ${version}`))

function keyOf({ apiKey, client, version }) {
  return `${client} ${String(apiKey).padStart(3)} ${String(version).padStart(2)}`
}

function splitter(onFrame) {
  let pending = Buffer.alloc(0)
  return chunk => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const end = 4 + pending.readInt32BE(0)
      onFrame(pending.subarray(4, end))
      pending = pending.subarray(end)
    }
  }
}

createServer(socket => {
  const upstream = connect(Number(serverPort), '127.0.0.1')
  const requests = new Map()
  socket.pipe(upstream).pipe(socket)
  socket.on('error', () => upstream.destroy())
  upstream.on('error', () => socket.destroy())
  socket.on(
    'data',
    splitter(frame => requests.set(frame.readInt32BE(4), frame))
  )
  upstream.on(
    'data',
    splitter(frame => {
      const request = requests.get(frame.readInt32BE(0))
      if (!request || request.length > frameBytesMax || frame.length > frameBytesMax) return
      const recorded = { client, apiKey: request.readInt16BE(0), version: request.readInt16BE(2) }
      if (byOthers.has(`${recorded.apiKey} ${recorded.version}`)) return
      // of several exchanges the longest says most
      const known = frames.get(keyOf(recorded))
      if (known && known.request.length + known.response.length >= (request.length + frame.length) * 2) return
      frames.set(keyOf(recorded), { ...recorded, request: request.toString('hex'), response: frame.toString('hex') })
    })
  )
}).listen(Number(listenPort), '127.0.0.1')

process.on('SIGTERM', () => {
  const sorted = [...frames].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, frame]) => JSON.stringify(frame))
  writeFileSync(file, `[\n${sorted.join(',\n')}\n]\n`)
  process.exit(0)
})
