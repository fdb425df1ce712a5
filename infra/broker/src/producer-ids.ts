// Which producer ids were never given before, also not before the last stop? Blocks are reserved on disk, ids taken from memory.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from './log/atomic-file'

const blockSize = 1000

export class ProducerIds {
  private next = 1
  private reserved = 1
  private readonly path: string | undefined

  constructor(dataDir: string | undefined) {
    this.path = dataDir && join(dataDir, 'producer-ids.json')
    if (!this.path || !existsSync(this.path)) return
    this.next = this.reserved = JSON.parse(readFileSync(this.path, 'utf8')).next
  }

  take(): number {
    if (this.next === this.reserved) {
      this.reserved += blockSize
      if (this.path) replaceFile(this.path, `${JSON.stringify({ next: this.reserved })}\n`)
    }
    return this.next++
  }
}
