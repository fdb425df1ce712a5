// Do Java programs do unchanged what they do with Kafka, whatever version of kafka-clients they are built with? COMPAT_JAVA_CLIENTS names a
// folder that has a folder of jars for each version.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { shortLife } from './java'
import { type Facts, type Perform, testScenarios } from './scenarios'

/** 2.8 sets up groups and transactions as the oldest ones do; 3.3 reads features; 3.9 has the new group protocol as a preview; 4.1 has it whole. */
const versions = ['2.8.2', '3.3.2', '3.9.1', '4.1.0'] as const
const { COMPAT_JAVA_CLIENTS } = process.env
const saidBytesMax = 2000

/** One process for all scenarios of a version: see java-clients/Client.java. */
function javaClient(jars: string): Perform {
  let child: ChildProcess | undefined
  let answers: AsyncIterator<string>
  let said = ''

  afterAll(async () => {
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.stdin!.end()
    await gone
  })

  return async (scenario, options, input) => {
    if (!child) {
      child = spawn('java', [...shortLife, '-cp', join(jars, '*'), join(__dirname, 'java-clients', 'Client.java')])
      child.stderr!.setEncoding('utf8').on('data', text => {
        said = (said + text).slice(-saidBytesMax)
      })
      answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    }
    const line = answers.next()
    child.stdin!.write(`${JSON.stringify({ scenario, options, input })}\n`)
    const { done, value } = await line
    if (done) throw new Error(`the process ended: ${said}`)
    const { error, facts } = JSON.parse(value) as { facts?: Facts[]; error?: string }
    if (!facts) throw new Error(error)
    return facts
  }
}

for (const version of versions) {
  const jars = join(COMPAT_JAVA_CLIENTS ?? '', version)
  describe(version, () => testScenarios(`kafka-clients ${version}`, COMPAT_JAVA_CLIENTS && existsSync(jars) ? javaClient(jars) : undefined))
}
