// How does a checkout get back to how it was before the first start?
import { existsSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { PipelineError } from '../../../layers/errors'
import { readState } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'
import { stopEverything } from './stop'

async function isConfirmed(folder: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`Remove all data in ${folder}? [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

export async function clean(context: Context, options: { yes?: boolean }): Promise<number> {
  const { place } = context
  const outside = readState(place).postgresFolder
  if (!existsSync(place.state)) {
    if (context.json) printJson({ removed: [] })
    else process.stdout.write('There is nothing to remove.\n')
    return exitCodes.ok
  }
  if (!options.yes) {
    if (!process.stdin.isTTY)
      throw new PipelineError('USAGE', 'clean removes all data and nobody can be asked here', { remedy: 'Add --yes when you mean it.' })
    if (!(await isConfirmed(place.state))) return exitCodes.failed
  }
  await stopEverything(context)
  const folders = [place.state, ...(outside ? [outside] : [])]
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  if (context.json) printJson({ removed: folders })
  else process.stdout.write(`Removed ${folders.join(' and ')}.\n`)
  return exitCodes.ok
}
