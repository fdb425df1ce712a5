// Which port may a test listen on, let go and listen on again? A free one that the system gives to nobody of its own accord, as it does with
// those above.
import { createServer } from 'node:net'

const [first, last] = [20_000, 32_000]

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

export async function lastingPort(): Promise<number> {
  // those who ask at the same time begin at different ones
  const begin = process.pid % (last - first)
  for (let index = 0; index < last - first; index++) {
    const port = first + ((begin + index) % (last - first))
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${first} to ${last} is free`)
}
