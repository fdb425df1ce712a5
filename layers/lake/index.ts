// Which lake does a URL name?
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PipelineError } from '../errors'
import { directoryLake } from './directory'
import { s3Lake } from './s3'
import type { Lake } from './types'

export type { Lake, LakeObject } from './types'

const lakes = new Map<string, Lake>()

function newLake(url: string): Lake {
  if (url.startsWith('file://')) return directoryLake(fileURLToPath(url))
  if (url.startsWith('file:')) return directoryLake(resolve(url.slice('file:'.length)))
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(url) ?? []
  if (bucket !== undefined) return s3Lake(bucket, prefix === '' ? '' : `${prefix}/`)
  throw new PipelineError('CONFIG_INVALID', `environment: LAKE_URL is malformed: must be file:<folder> or s3://<bucket>/<prefix>`)
}

/**
 * The lake of this process at a URL; made at the first call, shared by all later ones. Nothing is read or written yet.
 * @param url `file:<folder>`, relative to the working directory unless absolute, or `s3://<bucket>/<prefix>`, as `config().lakeUrl` gives it
 * @throws PipelineError CONFIG_INVALID
 */
export function openLake(url: string): Lake {
  let lake = lakes.get(url)
  if (!lake) lakes.set(url, (lake = newLake(url)))
  return lake
}
