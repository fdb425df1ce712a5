// Does confluent-kafka (PyPI), and with it librdkafka, do unchanged what it does with Kafka? COMPAT_PYTHON names a Python that has it.
import { join } from 'node:path'
import { isInstalled } from '../test/command'
import { testScenarios } from './scenarios'

const { COMPAT_PYTHON } = process.env
const isThere = COMPAT_PYTHON && isInstalled(COMPAT_PYTHON, '-c', 'import confluent_kafka')
testScenarios('confluent-kafka', isThere ? { command: COMPAT_PYTHON, args: [join(__dirname, 'confluent-kafka.py')] } : undefined)
