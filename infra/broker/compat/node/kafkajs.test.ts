// Does kafkajs do unchanged what it does with Kafka?
import { testScenarios } from '../scenarios'
import { nodeClient } from './node-client'

testScenarios('kafkajs', nodeClient('kafkajs.mjs'))
