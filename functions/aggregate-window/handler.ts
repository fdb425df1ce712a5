// Time has passed: which windows of which datasets have changed, and what are they now?
import { z } from 'zod'
import { config } from '../../layers/config'
import { type Contract, contractOf, loadContracts } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { lambdaFunction } from '../../layers/event/function'
import { poolFor } from '../../layers/store/pool'
import { type RefreshedSummary, refreshSummaries } from '../../layers/store/summary'

/** An empty event and AWS's own scheduled event mean every dataset that has summaries; `dataset` names one. */
const tick = z.looseObject({ dataset: z.string().min(1).optional() })

let summarised: Contract[] | undefined

function contractsOf(dataset: string | undefined): Contract[] {
  if (dataset === undefined) return (summarised ??= loadContracts().filter(({ summaries }) => summaries.length > 0))
  const contract = contractOf(dataset)
  if (contract.summaries.length > 0) return [contract]
  throw new PipelineError('EVENT_INVALID', `aggregate-window: event.dataset: ${dataset} has no summaries`, {
    remedy: `Name a dataset whose contract has summaries, or add them to ${contract.file}.`
  })
}

async function refresh(contract: Contract): Promise<(RefreshedSummary & { dataset: string })[]> {
  const { databaseUrl, timescaleUrl } = config()
  const refreshed = await refreshSummaries(poolFor(contract.store === 'timeseries' ? timescaleUrl : databaseUrl), contract)
  return refreshed.map(each => ({ dataset: contract.dataset, ...each }))
}

export const handler = lambdaFunction('aggregate-window', tick, async ({ dataset }) => {
  const refreshed: Awaited<ReturnType<typeof refresh>> = []
  const errors: unknown[] = []
  // one after the other: each takes what connections there are, and one that waited long for them would seem to have no server
  // a dataset that cannot be refreshed does not keep the others from it
  for (const contract of contractsOf(dataset))
    await refresh(contract).then(
      summaries => refreshed.push(...summaries),
      error => errors.push(error)
    )
  if (errors.length > 0) throw errors[0]
  return refreshed
})
