// Does @platformatic/kafka do unchanged what it does with Kafka? COMPAT_PLATFORMATIC_KAFKA names its main file: as a dependency it would keep
// Node 20 from installing anything, because a package that it uses asks for Node 22.19, although it runs without.
import { join } from 'node:path'
import { testScenarios } from './scenarios'

const program = { command: process.execPath, args: [join(__dirname, 'platformatic-kafka.mjs')] }
testScenarios('@platformatic/kafka', process.env['COMPAT_PLATFORMATIC_KAFKA'] ? program : undefined)
