// Do the newest versions of @platformatic/kafka do unchanged what they do with Kafka? The variables name main files: these versions do not
// install on Node 20 without force. 1.35 runs there, though a package that it uses asks for Node 22.19; 2.12 is run by the Node of COMPAT_NODE.
import { nodeClient } from './node/node-client'
import { testScenarios } from './scenarios'

const { COMPAT_NODE, COMPAT_PLATFORMATIC_KAFKA, COMPAT_PLATFORMATIC_KAFKA_2 } = process.env
const program = (file: string, node?: string) => nodeClient('platformatic-kafka.mjs', { COMPAT_PLATFORMATIC_KAFKA: file }, node)

testScenarios('@platformatic/kafka 1.35', COMPAT_PLATFORMATIC_KAFKA ? program(COMPAT_PLATFORMATIC_KAFKA) : undefined)
testScenarios(
  '@platformatic/kafka 2.12',
  COMPAT_NODE && COMPAT_PLATFORMATIC_KAFKA_2 ? program(COMPAT_PLATFORMATIC_KAFKA_2, COMPAT_NODE) : undefined
)
