// A minute has passed: which windows of the sensors have changed, and what are they now?
import { z } from 'zod'
import { config } from '../../layers/config'
import { contractOf } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { poolFor, withTransaction } from '../../layers/store/pool'
import { refreshedWindows } from './windows'

/** An empty event and AWS's own scheduled event are both a plain tick. */
const tick = z.looseObject({})

export const handler = lambdaFunction('aggregate-window', tick, async () => {
  const minutes = contractOf('sensors').windows!.minutes
  return withTransaction(poolFor(config().timescaleUrl), client => refreshedWindows(client, minutes))
})
