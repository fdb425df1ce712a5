// How does a compacted segment take the place of those it was made from, so that a stop at any moment leaves the old or the new?
import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from './atomic-file'
import { type Replacement, unfinishedSuffix } from './compaction'
import { loadSnapshot, type SegmentSnapshot, saveSnapshot, snapshotPath } from './recovery'
import { Segment } from './segment'

/** What the snapshots of `sources` say together: the index of the new segment, the producers as they were at the end. */
function snapshotOf(segment: Segment, sources: readonly Segment[]): SegmentSnapshot | undefined {
  const snapshots = sources.flatMap(source => loadSnapshot(source.path, source.size) ?? [])
  const last = snapshots.at(-1)
  if (!last || snapshots.length < sources.length) return undefined
  const { index, nextOffset, size } = segment
  return { ...last, size, nextOffset, index: index.snapshot(), aborted: snapshots.flatMap(({ aborted }) => aborted) }
}

/**
 * Renames the new file over the first of the old ones: the one moment at which the new counts. What it replaced besides begins before its
 * end, by which a start recognises it.
 */
export function putInPlace({ segment, sources }: Replacement): void {
  if (!(segment instanceof Segment)) return
  const files = sources.filter(source => source instanceof Segment)
  const snapshot = snapshotOf(segment, files)
  // it would fit a new file of the same size
  rmSync(snapshotPath(segment.path), { force: true })
  renameSync(`${segment.path}${unfinishedSuffix}`, segment.path)
  syncFolder(dirname(segment.path))
  for (const { path } of files.slice(1)) {
    rmSync(path, { force: true })
    rmSync(snapshotPath(path), { force: true })
  }
  if (snapshot) saveSnapshot(segment, snapshot)
}

/** Removes a file that will not take any place. */
export function discard({ segment }: Replacement): void {
  if (segment instanceof Segment) rmSync(`${segment.path}${unfinishedSuffix}`, { force: true })
}
