// Does @platformatic/kafka do unchanged what it does with Kafka? This is the newest version that installs on Node 20; later ones are in
// ../platformatic-kafka.test.ts. It is an optional dependency, as it wants a later Node than we do: skipped by name where npm left it out.
import { testScenarios } from '../scenarios'
import { nodeClient } from './node-client'

function mainFile(): string | undefined {
  try {
    return require.resolve('@platformatic/kafka')
  } catch {
    return undefined
  }
}

const COMPAT_PLATFORMATIC_KAFKA = mainFile()
const program = COMPAT_PLATFORMATIC_KAFKA && nodeClient('platformatic-kafka.mjs', { COMPAT_PLATFORMATIC_KAFKA })
testScenarios('@platformatic/kafka 1.22', program || undefined)
