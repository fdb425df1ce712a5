// What is written of a committed offset? One JSON line per commit.
import { JsonLines } from '../log/json-lines'

/** One committed offset; `null` in place of the offset forgets it. */
export type OffsetEntry = [
  group: string,
  topic: string,
  partition: number,
  offset: number | null,
  leaderEpoch: number,
  metadata: string | null
]

export class OffsetFile extends JsonLines<OffsetEntry> {}
