// How does kafkajs' producer sort a request's messages by partition in time that grows with their number, not with its square?
// kafkajs copies the list of a partition for every message that is added to it. The bundler puts this module in the place of kafkajs' own
// (infra/esbuild-plugins.cjs); a test holds the two against each other.

interface Grouping<M> {
  topic: string
  partitionMetadata: readonly unknown[]
  messages: readonly M[]
  partitioner: (choice: { topic: string; partitionMetadata: readonly unknown[]; message: M }) => number
}

/** In the place of kafkajs' `producer/groupMessagesPerPartition`. */
function groupMessagesPerPartition<M>({ topic, partitionMetadata, messages, partitioner }: Grouping<M>): Record<string, M[]> {
  const groups: Record<string, M[]> = {}
  if (partitionMetadata.length === 0) return groups
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata, message })
    const group = groups[partition]
    if (group) group.push(message)
    else groups[partition] = [message]
  }
  return groups
}

export = groupMessagesPerPartition
