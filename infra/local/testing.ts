// What do the tests of the local services share? Folders of their own that go away with the test.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Place, placeOf } from './place'
import { readState } from './state'

/** A place with this checkout's code and a new state folder. Its mode is 0700, as in a private checkout. */
export function temporaryPlace(mode = 0o700): Place & { remove(): void } {
  const state = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  chmodSync(state, mode)
  const place = placeOf(process.cwd(), state)
  return {
    ...place,
    remove() {
      const outside = readState(place).postgresFolder
      if (outside) rmSync(outside, { recursive: true, force: true })
      rmSync(state, { recursive: true, force: true })
    }
  }
}
