// Does all of it hold against Apache Kafka? Run with KAFKA_BROKERS set to a cluster that may get topics; skipped by name without.
import { mappingSuite } from '../test/mapping-suite'

const brokers = process.env.KAFKA_BROKERS?.split(',')

if (brokers) describe('against KAFKA_BROKERS', () => mappingSuite(() => brokers))
else test.skip('against Apache Kafka: KAFKA_BROKERS is not set', () => {})
