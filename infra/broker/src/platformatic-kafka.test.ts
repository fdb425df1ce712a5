// Does @platformatic/kafka do unchanged what it does with Kafka? The quickest of its scenarios; compat/ has them all.
import { join } from 'node:path'
import { testScenarios } from '../compat/scenarios'

const program = { command: process.execPath, args: [join(__dirname, '../compat/platformatic-kafka.mjs')] }
testScenarios('@platformatic/kafka', program, /with gzip|: consumer|admin|transaction/)
