// The warehouse has new facts: what is there to learn from, and what does a model make of it?
import { config } from '../../layers/config'
import { contractOf } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { openLake } from '../../layers/lake'
import { exportFeatures } from './export'
import { exportRequest } from './request'

export const handler = lambdaFunction('export-features', exportRequest, request => {
  const { lakeUrl, databaseUrl, timescaleUrl } = config()
  return exportFeatures(request, {
    lake: openLake(lakeUrl),
    urls: { databaseUrl, timescaleUrl },
    contract: contractOf('iot'),
    now: Date.now()
  })
})
