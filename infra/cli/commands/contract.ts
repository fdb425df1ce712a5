// What changes between two versions of a contract, and whom does it break?
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Contract } from '../../../layers/contract'
import { type Change, type ContractDiff, diffContracts, versionAsked } from '../../../layers/contract/diff'
import { CONTRACT_SUFFIX, readContract, readText } from '../../../layers/contract/load'
import { PipelineError } from '../../../layers/errors'
import { appliedFolder } from '../../local/applied-contracts'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { paint } from '../terminal'

export interface DiffOptions {
  json?: boolean
  against?: string
}

/** A file of any name: the dataset is what the contract calls itself. */
function contractIn(context: Context, given: string): Contract {
  const file = resolve(context.cwd, given)
  if (!existsSync(file))
    throw new PipelineError('USAGE', `${given}: there is no such file`, { remedy: 'Name a contract file or a dataset.' })
  const text = readText(file)
  const named = /^name:\s*["']?([\w-]+)/m.exec(text)?.[1]
  return readContract(named === undefined ? basename(file) : `${named}${CONTRACT_SUFFIX}`, text).contract
}

function applied(context: Context, contract: Contract): Contract {
  const file = join(appliedFolder(context.place), contract.file)
  if (existsSync(file)) return readContract(contract.file, readFileSync(file, 'utf8')).contract
  throw new PipelineError('USAGE', `no start has applied a contract of ${contract.dataset} yet`, {
    remedy: 'Name what to compare with: --against <file>.'
  })
}

const isFile = (context: Context, given: string) => /[./\\]/.test(given) && existsSync(resolve(context.cwd, given))

function compared(context: Context, options: DiffOptions, first: string, second: string | undefined): [Contract, Contract] {
  if (second !== undefined) {
    if (options.against !== undefined)
      throw new PipelineError('USAGE', '--against and a second file name the same thing', { remedy: 'Give one of them.' })
    return [contractIn(context, first), contractIn(context, second)]
  }
  const after = isFile(context, first) ? contractIn(context, first) : contractNamed(context, first)
  return [options.against === undefined ? applied(context, after) : contractIn(context, options.against), after]
}

/** Who is broken, in words. */
function brokenText(change: Change, { topic, table }: Contract): string {
  const words = { writers: `producers of ${topic.name}`, readers: `readers of ${table.name}`, migration: 'the next start refuses it' }
  return change.breaks.map(broken => words[broken]).join(', ')
}

function textOf(diff: ContractDiff, before: Contract): string {
  const { dataset, from, to, changes, asked, isUndeclared } = diff
  const lines = changes.flatMap(change => {
    const isBreaking = change.breaks.length > 0
    const label = isBreaking ? paint('red', 'breaks') : paint('green', 'compatible')
    return [
      `${label}  ${paint('bold', change.path)}  ${change.from} → ${change.to}`,
      ...(isBreaking ? [`    broken: ${brokenText(change, before)}`] : []),
      ...(change.remedy === '' ? [] : [`    ${change.remedy}`])
    ]
  })
  if (changes.length === 0) return `${dataset}: nothing changed.`
  const title = `${paint('bold', dataset)} ${from} → ${to}, ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`
  const verdict = isUndeclared
    ? paint('red', `This breaks others and the version number does not say so: it must be ${versionAsked(diff)} or higher.`)
    : to === from || asked === 'major'
      ? asked === 'major'
        ? 'This breaks others; the version number says so.'
        : `Nothing breaks. The version number for this is ${versionAsked(diff)}.`
      : 'Nothing breaks.'
  return [title, '', ...lines, '', verdict].join('\n')
}

/**
 * `sluice contract diff`.
 * @param first a dataset, or the older of two files
 * @param second the newer file
 */
export async function diff(context: Context, options: DiffOptions, first: string, second?: string): Promise<number> {
  const [before, after] = compared(context, options, first, second)
  if (before.dataset !== after.dataset)
    throw new PipelineError('USAGE', `${before.dataset} and ${after.dataset} are two datasets`, {
      remedy: 'Compare two versions of one contract.'
    })
  const found = diffContracts(before, after)
  if (context.json) {
    const changes = found.changes.map(change => ({ ...change, broken: brokenText(change, before) }))
    printJson({ ...found, changes, version_asked: versionAsked(found) })
  } else process.stdout.write(`${textOf(found, before)}\n`)
  return found.isUndeclared ? exitCodes.failed : exitCodes.ok
}
