// Rows of a source table were written or changed: which are new, and are they in the topic?
import type { Context } from 'aws-lambda'
import { config } from '../../layers/config'
import { type Contract, contractOf, loadContracts } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { lambdaFunction } from '../../layers/event/function'
import { ensureTopic, sharedProducer } from '../../layers/event/kafka-client'
import { withSource } from '../../layers/source/postgres'
import { poolFor } from '../../layers/store/pool'
import { type Extraction, extract } from './extract'
import { type ExtractRequest, extractRequest } from './request'

/** Time that is kept for acknowledgements and the last save. */
const reserveMs = 20_000

function extractDataset(contract: Contract, request: ExtractRequest, context: Context): Promise<Extraction> {
  const load = contract.incrementalLoad
  if (!load)
    throw new PipelineError('EVENT_INVALID', `${contract.dataset}: its contract has no incrementalLoad`, {
      remedy: `Add customProperty incrementalLoad to ${contract.file}, or name another dataset.`
    })
  const { databaseUrl } = config()
  return withSource(databaseUrl, contract, load, source =>
    extract(source, contract, load, request, {
      pool: poolFor(databaseUrl),
      producer: async () => (await Promise.all([sharedProducer(), ensureTopic(contract)]))[0],
      isOver: () => context.getRemainingTimeInMillis() < reserveMs
    })
  )
}

export const handler = lambdaFunction('extract-increment', extractRequest, async (request, context) => {
  if (request.dataset !== undefined) return extractDataset(contractOf(request.dataset), request, context)
  const extractions: Extraction[] = []
  for (const contract of loadContracts().filter(each => each.incrementalLoad))
    extractions.push(await extractDataset(contract, request, context))
  return extractions
})
