// Does this machine have what Sluice needs, and what should be done where it has not?

import { type Check, checks } from '../checks'
import { type Context, exitCodes, printJson } from '../context'
import { paint, table } from '../terminal'

export async function doctor(context: Context): Promise<number> {
  const results: Check[] = await checks(context)
  const failed = results.some(({ verdict }) => verdict === 'fail')
  if (context.json) {
    printJson({ ok: !failed, checks: results })
  } else {
    const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const
    const rows = results.map(({ name, verdict, found }) => [verdict.padEnd(4), name, found])
    const lines = table(rows).split('\n')
    for (const [index, { verdict, remedy }] of results.entries()) {
      process.stdout.write(`${paint(colours[verdict], lines[index]!.slice(0, 4))}${lines[index]!.slice(4)}\n`)
      if (remedy !== undefined) process.stdout.write(`        → ${remedy}\n`)
    }
  }
  return failed ? exitCodes.failed : exitCodes.ok
}
