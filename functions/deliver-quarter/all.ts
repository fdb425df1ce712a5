// Files were dropped into a folder: what is delivered of each?
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PipelineError } from '../../layers/errors'
import { log } from '../../layers/log'
import { type DeliverContext, type Delivery, deliverFile } from './deliver'
import type { DeliverRequest } from './request'

export interface Refusal {
  file: string
  status: 'refused'
  code: string
  message: string
}

/** Files of one folder that one invocation looks at. */
const MAX_FILES = 1_000

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cause => {
    throw new PipelineError('SOURCE_UNREADABLE', `folder ${folder}: ${(cause as Error).message}`, {
      remedy: 'Name the folder where files are dropped, or one file.',
      cause
    })
  })
  const files = entries.filter(entry => entry.isFile() && !entry.name.startsWith('.')).map(entry => join(folder, entry.name))
  if (files.length > MAX_FILES)
    throw new PipelineError('SOURCE_UNREADABLE', `folder ${folder}: it has ${files.length} files`, {
      remedy: 'Name one file, or a smaller folder.'
    })
  return files.sort()
}

/**
 * Delivers one file, or every file of the folder; a file of the folder that cannot be delivered does not keep the others from it.
 * @throws PipelineError as deliverFile does, for one file; for a folder that cannot be read
 */
export async function deliverAll(request: DeliverRequest, context: DeliverContext): Promise<(Delivery | Refusal)[]> {
  if (request.file !== undefined) return deliverFile(resolve(request.file), request, context)
  const done: (Delivery | Refusal)[] = []
  for (const file of await filesIn(resolve(request.folder))) {
    try {
      // each has a name of its own
      done.push(...(await deliverFile(file, { ...request, name: undefined }, context)))
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code !== 'SOURCE_UNREADABLE') throw error
      log.warn({ function: 'deliver-quarter', file, code: error.code, remedy: error.remedy }, error.message)
      done.push({ file, status: 'refused', code: error.code, message: error.message })
    }
  }
  return done
}
