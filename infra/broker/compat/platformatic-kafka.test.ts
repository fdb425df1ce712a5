// Does @platformatic/kafka do unchanged what it does with Kafka?
import { join } from 'node:path'
import { testScenarios } from './scenarios'

testScenarios('@platformatic/kafka', { command: process.execPath, args: [join(__dirname, 'platformatic-kafka.mjs')] })
