// How do runs get into the database, and switches and requests out of it, while the database may come and go?
import pg from 'pg'
import {
  interruptRuns,
  openRequests,
  type Run,
  readSettings,
  SCHEDULE_CHANNEL,
  type Setting,
  writeRun,
  writeSettings
} from '../../layers/schedule/history'
import type { Clock } from './clock'

/** One scheduler at a time works on a database: whose session has this lock. Next to the lock of `migrate`. */
const LOCK_KEY = 0x5111cf
/** How long the database may take to answer; 0 is for ever. */
const PATIENCE = { connectMs: 3_000, queryMs: 2_000 }
/** Tried again after this, then after twice as long, up to the limit. */
const RETRY_MS = 250
const RETRY_LIMIT_MS = 5_000
/** How often a scheduler that stands by asks whether the other one has gone. */
const STANDBY_MS = 2_000
/** Runs that wait for the database to come back. */
export const MAX_WAITING_RUNS = 1_000
/** What closing may take: the process has to end within a second. */
export const CLOSE_MS = 300

export interface JournalListener {
  /** Ids of runs that this process has going on. */
  goingOn(): string[]
  /**
   * The database is there, and nobody else schedules with it.
   * @returns what is to be noted of the schedules
   */
  opened(settings: ReadonlyMap<string, Setting>): { schedule: string; expression: string; dueUntil?: number }[]
  /** What `opened` gave is noted: from now on runs can be made up for, should this process be killed. */
  noted(): void
  /**
   * Somebody switched a schedule or asked for a run.
   * @param requests those that are not known here yet
   */
  changed(settings: ReadonlyMap<string, Setting>, requests: (Run & { ageMs: number })[]): void
  /** Another scheduler works on this database. */
  standsBy(): void
}

/**
 * | state      | event                         | next                                              |
 * |------------|-------------------------------|---------------------------------------------------|
 * | connecting | connected, got the lock       | open: what is left over is marked, switches read  |
 * | connecting | connected, lock is taken      | standby: asks again every 2 s                     |
 * | connecting | refused, or no tables yet     | away: tries again with back-off                   |
 * | standby    | got the lock                  | open                                              |
 * | open       | connection lost               | away; runs wait, at most 1000, then the oldest go |
 * | any        | close()                       | closed                                            |
 */
export class Journal {
  #client: pg.Client | undefined
  #isOpen = false
  #isClosed = false
  #saidAway = false
  #cancelTimer: (() => void) | undefined
  #retryMs = RETRY_MS
  #flushing: Promise<void> | undefined
  #listener: JournalListener | undefined
  #refreshing: Promise<void> | undefined
  #leading: Promise<void> | undefined
  #isStale = false
  /** By run, so that a run's end replaces its start. */
  readonly #waiting = new Map<string, Run>()
  #dropped = 0

  constructor(
    private readonly url: string,
    private readonly clock: Clock,
    private readonly say: (sentence: string) => void,
    private readonly patience = PATIENCE
  ) {}

  start(listener: JournalListener): void {
    this.#listener = listener
    void this.#connect()
  }

  /** Says so, once, when the database has not been there so far. */
  sayIfAway(): void {
    if (!this.#isOpen && !this.#isClosed) this.#sayAway('it has not answered yet')
  }

  /** Writes how far a run is; while the database is away it waits in memory. Never rejects. */
  put(run: Run): Promise<void> {
    this.#waiting.set(run.id, { ...run })
    if (this.#waiting.size > MAX_WAITING_RUNS) {
      this.#waiting.delete(this.#waiting.keys().next().value!)
      this.#dropped++
    }
    return this.#isOpen ? this.#flush() : Promise.resolve()
  }

  /** Ends the connection, which gives the lock back; what waits is written if that can be done at once. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    const client = this.#client
    let cancel = () => {}
    const late = new Promise<void>(resolve => {
      cancel = this.clock.schedule(CLOSE_MS, resolve)
    })
    const end = async () => {
      if (this.#isOpen) await this.#flush()
      this.#isClosed = true
      this.#isOpen = false
      this.#cancelTimer?.()
      // ended while it is asked something, a connection is cut, and the server keeps the lock until it notices
      await Promise.all([this.#leading, this.#refreshing])
      await client?.end()
    }
    const ending = end().catch(() => {})
    await Promise.race([ending, late])
    cancel()
    this.#isClosed = true
    this.#cancelTimer?.()
    client?.end().catch(() => {})
  }

  #after(delayMs: number, task: () => void): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.clock.schedule(delayMs, task)
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: this.patience.connectMs,
      query_timeout: this.patience.queryMs,
      keepAlive: true,
      application_name: 'sluice-scheduler'
    })
    this.#client = client
    client.on('error', error => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('the connection ended')))
    client.on('notification', () => void this.#refresh(client))
    try {
      await client.connect()
    } catch (error) {
      return this.#lost(client, error as Error)
    }
    if (!this.#isClosed && client === this.#client) await this.#tryToLead(client)
  }

  #tryToLead(client: pg.Client): Promise<void> {
    this.#leading = this.#lead(client).catch(error => this.#lost(client, error as Error))
    return this.#leading
  }

  /** Takes the lock, or asks for it again later. */
  async #lead(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ is_ours: boolean }>('select pg_try_advisory_lock($1) as is_ours', [LOCK_KEY])
    if (this.#isClosed || client !== this.#client) return
    if (!rows[0]!.is_ours) {
      this.#listener!.standsBy()
      return this.#after(STANDBY_MS, () => void this.#tryToLead(client))
    }
    await client.query(`listen ${SCHEDULE_CHANNEL}`)
    // what waits to be written has ended well enough
    await interruptRuns(client, [...this.#listener!.goingOn(), ...this.#waiting.keys()])
    const settings = await readSettings(client)
    if (this.#isClosed || client !== this.#client) return
    await writeSettings(client, this.#listener!.opened(settings))
    if (this.#isClosed || client !== this.#client) return
    this.#isOpen = true
    this.#retryMs = RETRY_MS
    this.#sayBack()
    this.#listener!.noted()
    await this.#flush()
    await this.#refresh(client)
  }

  #lost(client: pg.Client, error: Error): void {
    if (client !== this.#client || this.#isClosed) return
    this.#client = undefined
    const wasOpen = this.#isOpen
    this.#isOpen = false
    client.end().catch(() => {})
    if (wasOpen) this.#sayAway(error.message)
    this.#after(this.#retryMs, () => void this.#connect())
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LIMIT_MS)
  }

  #sayAway(why: string): void {
    if (this.#saidAway) return
    this.#saidAway = true
    this.say(`schedules: the database is away (${why}). They go on; the last ${MAX_WAITING_RUNS} runs are written when it is back.`)
  }

  #sayBack(): void {
    if (!this.#saidAway) return
    this.#saidAway = false
    const dropped = this.#dropped > 0 ? `, ${this.#dropped} older ones are lost to the history` : ''
    this.say(`schedules: the database is back; ${this.#waiting.size} runs are written now${dropped}.`)
    this.#dropped = 0
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #writeAll(): Promise<void> {
    while (this.#isOpen && this.#waiting.size > 0) {
      const client = this.#client!
      const [id, run] = this.#waiting.entries().next().value!
      try {
        await writeRun(client, run)
      } catch (error) {
        // an SQLSTATE of class 22 or 23 is about this row: another attempt would end the same
        if (!/^2[23]/.test((error as { code?: string }).code ?? '')) return this.#lost(client, error as Error)
        this.say(`schedules: a run of ${run.schedule} is not written: ${(error as Error).message}`)
      }
      if (this.#waiting.get(id) === run) this.#waiting.delete(id)
    }
  }

  /** One look at a time; what comes meanwhile is looked at after. */
  async #refresh(client: pg.Client): Promise<void> {
    this.#isStale = true
    this.#refreshing ??= this.#look(client).finally(() => {
      this.#refreshing = undefined
    })
    await this.#refreshing
  }

  async #look(client: pg.Client): Promise<void> {
    try {
      while (this.#isStale && this.#isOpen && client === this.#client) {
        this.#isStale = false
        // in this order a switch is known before a request that was made after it
        const open = await openRequests(client)
        // what is known is asked now: it may have run when the switches are read
        const known = new Set([...this.#listener!.goingOn(), ...this.#waiting.keys()])
        const requests = open.filter(({ id }) => !known.has(id))
        const settings = await readSettings(client)
        if (this.#isOpen) this.#listener!.changed(settings, requests)
      }
    } catch (error) {
      this.#lost(client, error as Error)
    }
  }
}
