// How does one process run many command lines of the CLI, one after the other? Each comes as a message and is answered with what it printed.
import { prepare, root } from '../cli/prepare.mjs'

const code = await prepare()
if (code !== undefined) process.exit(code)
const { main } = await import('../cli/dist/main.mjs')

let printed
for (const name of ['stdout', 'stderr']) {
  // each command line adds a listener, as a process has only one
  process[name].setMaxListeners(0)
  process[name].write = (chunk, encoding, done) => {
    printed[name] += chunk
    ;(typeof encoding === 'function' ? encoding : done)?.()
    return true
  }
}

process.on('message', async args => {
  printed = { stdout: '', stderr: '' }
  const code = await main(args, root)
  process.send({ code, ...printed })
})
