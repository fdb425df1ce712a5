// New objects are in the lake's bronze: what are silver and gold now?
import { z } from 'zod'
import { config } from '../../layers/config'
import { contractOf } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { openLake } from '../../layers/lake'
import { newestVersion } from '../../layers/lake-tables/versions'
import { REFINED } from '../../layers/lake-tables/views'
import { poolFor } from '../../layers/store/pool'
import { publishGold } from './publish'
import { refineLake } from './refine'

/** `full` reads every bronze object again. AWS's own scheduled event is a plain tick. */
const request = z.looseObject({ full: z.boolean().default(false) })

export const handler = lambdaFunction('refine-lake', request, async ({ full }) => {
  const { lakeUrl, databaseUrl } = config()
  const lake = openLake(lakeUrl)
  const refined = await refineLake(lake, contractOf(REFINED), { full })
  const newest = await newestVersion(lake, REFINED)
  return { ...refined, loaded: newest ? await publishGold(lake, newest, poolFor(databaseUrl)) : {} }
})
