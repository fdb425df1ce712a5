// Where do the logs of partitions lie, how large are they, and how much room is left?
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '../protocol'
import type { Handler } from './handler'

/** What stands for the folder of a broker that keeps everything in memory. */
const memory = '/memory'
const unknownBytes = -1

function roomOf(folder: string): { totalBytes: number; usableBytes: number } {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder)
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  } catch {
    // a file system that does not tell
    return { totalBytes: unknownBytes, usableBytes: unknownBytes }
  }
}

export const describeLogDirs: Handler<'describeLogDirs'> = ({ topics }, request) => {
  const asked = request.topics ?? topics.all().map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))
  const described = asked.map(({ partitions, topic }) => ({
    name: topic,
    partitions: partitions.flatMap(partitionIndex => {
      const log = topics.find(topic)?.partitions[partitionIndex]
      return log ? [{ partitionIndex, partitionSize: log.sizeBytes }] : []
    })
  }))
  const logDir = topics.dataDir === undefined ? memory : join(topics.dataDir, 'logs')
  const room = topics.dataDir === undefined ? { totalBytes: unknownBytes, usableBytes: unknownBytes } : roomOf(logDir)
  const filled = described.filter(({ partitions }) => partitions.length > 0)
  return { errorCode: errorCodes.NONE, results: [{ errorCode: errorCodes.NONE, logDir, topics: filled, ...room }] }
}
