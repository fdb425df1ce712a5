// Which dataset does a command's argument name?
import { type Contract, loadContracts } from '../../layers/contract'
import { nearest } from '../../layers/contract/identifiers'
import { contractsFolderOf } from '../local/schema'
import { type Context, usageError } from './context'

/** @throws PipelineError USAGE with the nearest name there is */
export function contractNamed(context: Context, dataset: string): Contract {
  const contracts = loadContracts(contractsFolderOf(context.place))
  const names = contracts.map(contract => contract.dataset)
  const contract = contracts.find(candidate => candidate.dataset === dataset)
  if (!contract) throw usageError(`there is no dataset '${dataset}'`, nearest(dataset, names), names)
  return contract
}
