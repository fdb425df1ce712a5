// Which rows are in the operational source that extraction reads?
import { resolve } from 'node:path'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { loadSourceTable } from '../source-table'
import { Progress } from '../terminal'

export interface LoadOptions {
  json?: boolean
  file?: string
  count?: number
  seed?: number
}

/** `sluice source load <dataset>`. */
export async function load(context: Context, options: LoadOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  const file = options.file === undefined ? undefined : resolve(context.cwd, options.file)
  const { endpoints, started } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  const progress = new Progress(!context.json)
  const startedAt = performance.now()
  try {
    const { lines, loaded, rejected } = await loadSourceTable({ contract, endpoints, options: { ...options, file }, progress })
    const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(3))
    progress.clear()
    const table = contract.incrementalLoad!.table
    if (context.json) printJson({ dataset, table, lines, loaded, rejected, seconds })
    else
      process.stdout.write(
        `${lines.toLocaleString('en-US')} lines = ${loaded.toLocaleString('en-US')} rows of ${table} + ${rejected.toLocaleString('en-US')} in ${table}_rejected, ${seconds} s\n`
      )
    return exitCodes.ok
  } finally {
    progress.clear()
    if (started) process.stderr.write('The services keep running; `npx sluice stop` ends them.\n')
  }
}
