// What do the programs of the clients for Node have in common?
import { setTimeout as wait } from 'node:timers/promises'

export async function until(done, what) {
  for (const end = Date.now() + 40_000; !(await done()); await wait(20)) if (Date.now() > end) throw new Error(`waited 40 s for ${what}`)
}

export const numbers = count => Array.from({ length: count }, (_, number) => `${number}`)
