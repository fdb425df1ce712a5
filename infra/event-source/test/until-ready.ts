// How does a test ask a broker that has just started, or just heard of a topic or a group? Again, as long as the answer is that it is not ready.
import { KafkaJSError } from 'kafkajs'
import { isRetriable, KafkaError } from 'sluice-broker/protocol'

/** Within this time after its start a broker takes its groups and partitions up again. */
const READY_MS_MAX = 60_000

/**
 * Asks again while a leader or coordinator is missing or loads: neither kafkajs' admin does so by itself for a group's offsets, nor do single
 * requests.
 */
export async function untilReady<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const deadline = Date.now() + READY_MS_MAX; ; ) {
    try {
      return await ask()
    } catch (error) {
      const isPassing = error instanceof KafkaError ? isRetriable(error.code) : error instanceof KafkaJSError && error.retriable
      if (!isPassing || Date.now() > deadline) throw error
    }
  }
}
