// Does kafka-python (PyPI) do unchanged what it does with Kafka? COMPAT_PYTHON names a Python that has it.
import { join } from 'node:path'
import { isInstalled } from '../test/command'
import { testScenarios } from './scenarios'

const { COMPAT_PYTHON } = process.env
const isThere = COMPAT_PYTHON && isInstalled(COMPAT_PYTHON, '-c', 'import kafka.admin.client')
testScenarios('kafka-python', isThere ? { command: COMPAT_PYTHON, args: [join(__dirname, 'kafka-python.py')] } : undefined)
