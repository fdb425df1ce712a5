// How do predictions get into the warehouse? By COPY, all or none.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { poolFor, withTransaction } from '../../layers/store/pool'
import predictionsCopy from '../../sql/features/predictions-copy.sql'
import predictionsPrune from '../../sql/features/predictions-prune.sql'
import type { Prediction } from './model'

/** Models of one name whose predictions are kept. */
const KEPT_MODELS = 5

/** Text format of COPY: tab, line feed and backslash are escaped. */
const escaped = (text: string) => text.replace(/[\\\t\n\r]/g, found => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[found]!)

/**
 * Writes predictions in one transaction and removes those of models that are too old.
 * @param predictions called for each attempt
 * @returns rows written
 * @throws PipelineError DATABASE_UNAVAILABLE
 */
export function writePredictions(
  url: string,
  name: string,
  modelVersion: string,
  threshold: number,
  predictions: () => AsyncIterable<Prediction[]>
): Promise<number> {
  return withTransaction(poolFor(url), async client => {
    let rows = 0
    async function* lines() {
      for await (const chunk of predictions()) {
        rows += chunk.length
        yield chunk
          .map(
            ({ time, deviceId, split, score }) =>
              `${modelVersion}\t${time}\t${escaped(deviceId)}\t${score}\t${score >= threshold ? 't' : 'f'}\t${split}\n`
          )
          .join('')
      }
    }
    await pipeline(Readable.from(lines()), client.query(copyFrom(predictionsCopy)))
    await client.query(predictionsPrune, [name, KEPT_MODELS])
    return rows
  })
}
