// How does a folder stand in for a queue, topic or bucket? One JSON file per delivery, whole or not there, in the order of their names.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DocumentDestination, InvocationRecord } from './destination'

/** Time, number and id: sorted by name the files are in the order in which the records were given up. */
function nameOf({ timestamp, serial, id }: InvocationRecord): string {
  const time = new Date(timestamp).toISOString().replaceAll(':', '.')
  return `${time}-${String(serial).padStart(6, '0')}-${id}.json`
}

/** @param folder made with its first file */
export function openDirectory(folder: string): DocumentDestination {
  return {
    async put(record) {
      await mkdir(folder, { recursive: true })
      const file = join(folder, nameOf(record))
      const unfinished = `${file}.part`
      try {
        await writeFile(unfinished, record.body)
        await rename(unfinished, file)
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
    },
    close: () => {}
  }
}
