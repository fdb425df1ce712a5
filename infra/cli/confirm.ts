// Does the user at the terminal mean it?
import { createInterface } from 'node:readline/promises'

/** Asks on standard error, so that standard output stays the command's own; anything but yes is no. */
export async function isConfirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
