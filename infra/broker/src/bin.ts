#!/usr/bin/env node
// How is the broker run as a command? Exit codes: 0 stopped as asked, 2 a flag cannot be used, 3 the port is taken, 4 the data directory
// is in use or cannot be used, 1 anything else.
import { version } from '../package.json'
import { type Broker, startBroker } from './broker'
import { BrokerStartError, FlagError, type StartProblem } from './errors'
import { type Command, help, readFlags } from './flags'

const exitCodes: Record<StartProblem, number> = {
  CONFIG_UNUSABLE: 2,
  HOST_NOT_LOOPBACK: 2,
  HOST_UNUSABLE: 2,
  LIMIT_UNUSABLE: 2,
  OPTION_UNUSABLE: 2,
  TLS_UNUSABLE: 2,
  SASL_UNUSABLE: 2,
  PORT_TAKEN: 3,
  DATA_DIR_IN_USE: 4,
  DATA_DIR_UNUSABLE: 4
}

function stopOnRequest(broker: Broker): void {
  let isStopping = false
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    broker.close().then(
      () => process.exit(0),
      error => {
        console.error(`sluice-broker: ${error}`)
        process.exit(1)
      }
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // a parent that started this with an IPC channel has died
  process.on('disconnect', stop)
}

async function run(command: Command): Promise<void> {
  if (command.kind === 'help') return void process.stdout.write(help)
  if (command.kind === 'version') return void process.stdout.write(`${version}\n`)
  const broker = await startBroker({ ...command.options, log: message => console.error(`sluice-broker: ${message}`) })
  stopOnRequest(broker)
  process.stdout.write(`sluice-broker listening on ${broker.address}\n`)
}

async function main(): Promise<void> {
  try {
    await run(readFlags(process.argv.slice(2), process.env))
  } catch (error) {
    const isExpected = error instanceof FlagError || error instanceof BrokerStartError
    console.error(`sluice-broker: ${isExpected ? error.message : (error as Error).stack}`)
    process.exitCode = error instanceof FlagError ? 2 : error instanceof BrokerStartError ? exitCodes[error.problem] : 1
  }
}

void main()
