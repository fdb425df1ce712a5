// A quarter has closed: what of the files in the data folder is delivered?
import { config } from '../../layers/config'
import { contractOf } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { openLake } from '../../layers/lake'
import { deliverAll } from './all'
import { deliverRequest } from './request'

/** Any file can be delivered, whether there is a contract of its name or not. */
function contractVersion(name: string): string | undefined {
  try {
    return contractOf(name).version
  } catch {
    return undefined
  }
}

export const handler = lambdaFunction('deliver-quarter', deliverRequest, request =>
  deliverAll(request, { lake: openLake(config().lakeUrl), now: Date.now(), contractVersion })
)
