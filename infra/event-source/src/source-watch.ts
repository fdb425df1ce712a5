// Who says that code was saved where no bundler does? A watch over the service's folders, node_modules and hidden ones left out.
import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { join, sep } from 'node:path'

/** What a handler may have loaded. */
const SOURCE = /\.(?:[cm]?[jt]sx?|json)$/
/** That a handler may as well have written. */
const DATA = /\.json$/
/** Editors and compilers save in several steps. */
const SETTLED_MS = 100
/** A service has fewer; each costs the system a watch. */
const FOLDERS_MAX = 2_000

export class SourceWatch {
  private readonly watchers = new Map<string, FSWatcher>()
  private settling?: NodeJS.Timeout
  private isCode = false

  /**
   * @param ignored folders that something else than code is written to
   * @param onSaved told once for what is saved together, and whether more than data is among it
   * @param onFailure told when a folder cannot be watched
   */
  constructor(
    folder: string,
    private readonly ignored: readonly string[],
    private readonly onSaved: (isCode: boolean) => void,
    private readonly onFailure: (error: Error) => void
  ) {
    this.add(folder)
  }

  private add(folder: string): void {
    if (this.watchers.has(folder) || this.ignored.includes(folder) || this.watchers.size >= FOLDERS_MAX) return
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => this.changed(event, folder, name))
      this.watchers.set(folder, watcher)
      watcher.on('error', () => this.remove(folder))
      for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) this.addInner(folder, entry.name)
    } catch (error) {
      this.remove(folder)
      // whoever removes folders need not be told
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!)) this.onFailure(error as Error)
    }
  }

  private addInner(folder: string, name: string): void {
    if (name !== 'node_modules' && !name.startsWith('.')) this.add(join(folder, name))
  }

  /** Ends the watch of a folder and of what was in it. */
  private remove(folder: string): void {
    for (const [path, watcher] of this.watchers) {
      if (path !== folder && !path.startsWith(folder + sep)) continue
      watcher.close()
      this.watchers.delete(path)
    }
  }

  private changed(event: string, folder: string, name: string | null): void {
    if (name === null) return
    if (!SOURCE.test(name)) {
      if (event !== 'rename') return
      // a folder that came, went, or was made anew under its name; what is in it may have come before its watch
      const path = join(folder, name)
      this.remove(path)
      this.addInner(folder, name)
      if (!this.watchers.has(path)) return
    }
    this.isCode ||= !DATA.test(name)
    clearTimeout(this.settling)
    this.settling = setTimeout(() => {
      this.onSaved(this.isCode)
      this.isCode = false
    }, SETTLED_MS)
    this.settling.unref()
  }

  close(): void {
    clearTimeout(this.settling)
    for (const watcher of this.watchers.values()) watcher.close()
    this.watchers.clear()
  }
}
