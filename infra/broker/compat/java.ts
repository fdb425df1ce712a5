// How does a test run a tool that ships with Apache Kafka 4? KAFKA_JARS names a folder with their jars; tests are skipped by name without it.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { run } from '../test/command'

// each tool starts a JVM, up to a dozen to a test
jest.setTimeout(900_000)

const { KAFKA_JARS } = process.env
export const whereGiven = KAFKA_JARS ? it : it.skip

export const tools = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  configs: 'kafka.admin.ConfigCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  offsets: 'org.apache.kafka.tools.GetOffsetShell',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  produce: 'org.apache.kafka.tools.ConsoleProducer',
  consume: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  producerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  consumerPerformance: 'org.apache.kafka.tools.ConsumerPerformance',
  verifiableProducer: 'org.apache.kafka.tools.VerifiableProducer',
  verifiableConsumer: 'org.apache.kafka.tools.VerifiableConsumer'
}
export type Tool = keyof typeof tools

/** For tools that would otherwise give up after a second and a half, five or ten, in which a JVM on a busy machine has hardly begun. */
const patience: Partial<Record<Tool, string[]>> = {
  groups: ['--timeout', '60000'],
  produce: ['--request-timeout-ms', '60000'],
  consumerPerformance: ['--timeout', '60000']
}

/** What makes a short life in Java shorter. */
export const shortLife = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']
export const javaOptions = [...shortLife, '-cp', join(KAFKA_JARS ?? '', '*')]

const command = (address: string, tool: Tool, args: string[]) => [
  ...[...javaOptions, tools[tool]],
  ...['--bootstrap-server', address, ...(patience[tool] ?? []), ...args]
]

/** Runs a tool to its end and gives what it printed. Throws when it fails. */
export async function runTool(address: string, tool: Tool, args: string[], input = ''): Promise<string> {
  const { code, stderr, stdout } = await run('java', command(address, tool, args), input)
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

/**
 * Starts a tool that runs until it is stopped, as a user does with Ctrl-C.
 * @param onLine gets each line that it prints
 */
export function startTool(address: string, tool: Tool, args: string[], onLine?: (line: string) => void): { stop(): Promise<void> } {
  const child = spawn('java', command(address, tool, args), { stdio: ['ignore', onLine ? 'pipe' : 'ignore', 'ignore'] })
  if (onLine) createInterface(child.stdout!).on('line', onLine)
  const ended = new Promise<void>(done => child.on('close', () => done()))
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    }
  }
}
