// Which topics does a member of the classic protocol read? Said in the metadata of consumers, which the broker otherwise only passes on.
import { Reader } from '../protocol'

// Subscription => version [topics] …        version => INT16; topics => STRING; of later versions more follows

/** The topics in a consumer's metadata; undefined when it is not laid out as consumers do. */
export function subscribedTopics(metadata: Buffer): string[] | undefined {
  try {
    const reader = new Reader(metadata)
    reader.int16()
    const topics: string[] = []
    for (let left = reader.int32(); left > 0; left--) topics.push(reader.text(reader.int16()))
    return topics
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
