// Which quarantined records came before a good one of the same key, where a record replaces the row of its key?
import type { KafkaMessage } from 'kafkajs'
import type { Contract, Validator } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { sharedAdmin } from '../../layers/event/kafka-client'
import { headers } from '../../layers/event/kafka-event'
import { readOffsets } from '../../layers/event/read-topic'
import type { Judged } from './judge'

interface Candidate {
  id: string
  offset: number
  recordedMs: number
}

type Header = Buffer | string | (Buffer | string)[] | undefined

function headerOf(message: KafkaMessage, name: string): Buffer | undefined {
  const given = message.headers?.[name] as Header
  const last = Array.isArray(given) ? given.at(-1) : given
  return last === undefined ? undefined : Buffer.from(last as Buffer)
}

/** A record that was sent back is as old as its time says; any other one is newer than what lies before it. */
function isNewer(message: KafkaMessage, { offset, recordedMs }: Candidate): boolean {
  if (Number(message.offset) <= offset) return false
  return headerOf(message, headers.replay) === undefined || Number(message.timestamp) > recordedMs
}

/**
 * Looks for the rows that pass whether their topic holds a newer record of the same key: sending such a row back would put an old value in the
 * place of a newer one. Only where the contract's `duplicates` is `replace`; elsewhere the row that is there stays.
 */
export function supersededFinder(contract: Contract, validate: Validator) {
  const keyIndexes = contract.table.uniqueKey.map(name => contract.table.columns.findIndex(column => column.name === name))
  const keyOf = (row: readonly unknown[]) => JSON.stringify(keyIndexes.map(index => row[index]))
  const candidates = new Map<number, Map<string, Candidate[]>>()
  const judgedOf = (message: KafkaMessage) =>
    validate({ value: message.value, timestampMs: Number(message.timestamp), headers: name => headerOf(message, name) })

  return {
    add({ row, outcome, values }: Judged): void {
      if (outcome !== 'passes' || row.topic !== contract.topic.name) return
      const ofPartition = candidates.get(row.partition) ?? new Map<string, Candidate[]>()
      candidates.set(row.partition, ofPartition)
      const key = keyOf(values!)
      ofPartition.set(key, [...(ofPartition.get(key) ?? []), { id: row.id, offset: Number(row.offset), recordedMs: row.recorded_ms ?? -1 }])
    },

    /**
     * @param group a consumer group of its own
     * @param hasTime says whether there is time to read on
     * @throws PipelineError TIMED_OUT when there is not, KAFKA_UNAVAILABLE
     */
    async find(group: string, hasTime: () => boolean): Promise<Set<string>> {
      const found = new Set<string>()
      if (candidates.size === 0) return found
      const topic = contract.topic.name
      const wanted = (await (await sharedAdmin()).fetchTopicOffsets(topic)).flatMap(({ partition, low, high }) => {
        const all = [...(candidates.get(partition)?.values() ?? [])].flat()
        if (all.length === 0) return []
        return [{ partition, from: Math.max(Number(low), Math.min(...all.map(({ offset }) => offset)) + 1), to: Number(high) }]
      })
      await readOffsets(topic, wanted, group, async ({ partition, records }) => {
        const ofPartition = candidates.get(partition)!
        for (const message of records) {
          const verdict = judgedOf(message)
          if (!verdict.valid) continue
          for (const candidate of ofPartition.get(keyOf(verdict.row)) ?? []) if (isNewer(message, candidate)) found.add(candidate.id)
        }
        if (hasTime()) return true
        throw new PipelineError('TIMED_OUT', `${topic}: what came after the quarantined records could not be read in time`, {
          remedy: 'Send back fewer at once: a later --from, or one reason.'
        })
      })
      return found
    }
  }
}
