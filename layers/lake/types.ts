// What is a lake? Named objects under a prefix, each written whole or not at all.
import type { Readable } from 'node:stream'

export interface LakeObject {
  /** `bronze/transactions/dt=2010-12-01/…`, without the lake's own prefix. */
  key: string
  /** Bytes. */
  size: number
}

export interface Lake {
  /** Without credentials. */
  readonly url: string
  /**
   * Writes an object; readers see all of it or nothing.
   * @param body bytes, a stream, or a file of this machine
   * @param options `ifAbsent` leaves an object that is there as it is
   * @returns false when it was there already and `ifAbsent` was asked for
   * @throws PipelineError LAKE_UNAVAILABLE
   */
  put(key: string, body: Buffer | Readable | { file: string }, options?: { ifAbsent?: boolean }): Promise<boolean>
  /** The object's bytes; undefined where there is none. */
  get(key: string): Promise<Buffer | undefined>
  /** Every object whose key begins with `prefix`, in the order of keys. */
  list(prefix: string): AsyncIterable<LakeObject>
  /** Removes an object; one that is not there is no error. */
  remove(key: string): Promise<void>
  /**
   * Paths of this machine with the objects' bytes, in the order of `keys`: the objects themselves where the lake is a directory,
   * else copies below `folder`. Read only.
   * @throws PipelineError LAKE_UNAVAILABLE, also for an object that is not there
   */
  localFiles(keys: readonly string[], folder: string): Promise<string[]>
}
