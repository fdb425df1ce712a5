// What runs when? Every schedule by its own clock hand, never twice at once, and what was missed once.
import { randomUUID } from 'node:crypto'
import type { Schedule } from '../../layers/schedule/definition'
import { isCaughtUp, nextRun } from '../../layers/schedule/expression'
import type { Run, Setting, Trigger } from '../../layers/schedule/history'
import type { Clock } from './clock'
import { eventOf, type Origin } from './event'
import type { Invoke } from './invoke'
import type { Journal, JournalListener } from './journal'

/** The database comes up next to us; after this we go on without it. */
export const GRACE_MS = 10_000
/** Nobody waits longer in one piece: a machine that slept notices what it missed. */
const MAX_WAIT_MS = 30_000
/** Due times that are counted one by one. */
const MAX_COUNTED = 10_000
/** Somebody who asked for a run has given up by then. */
export const REQUEST_MS = 60_000
/** Runs of one schedule that somebody asked for and that wait for their turn. */
const MAX_REQUESTS = 10

export interface ScheduledFunction {
  /** As the Lambda API knows it: `<service>-<stage>-<function>`. */
  name: string
  timeoutMs: number
}

interface Due {
  dueAt: number
  coalesced: number
  trigger: Trigger
}

/** One schedule while it is followed. */
interface Track {
  readonly schedule: Schedule
  isEnabled: boolean
  /** Undefined while it is disabled or when it never comes again. */
  next?: number
  active?: Run
  /** What fell due while `active` was going on; several in one. */
  pending?: Due
  requests: Run[]
}

/** What falls due in (after, until]: the last time, and how many there were before it. */
function dueIn({ parsed, timezone }: Schedule, after: number, until: number): { last: number; before: number } | undefined {
  let last: number | undefined
  let count = 0
  for (let due = nextRun(parsed!, after, timezone); due !== undefined && due <= until && count < MAX_COUNTED; count++) {
    last = due
    due = nextRun(parsed!, due, timezone)
  }
  return last === undefined ? undefined : { last, before: count - 1 }
}

/**
 * | a schedule is | event           | what happens                                                              |
 * |---------------|-----------------|---------------------------------------------------------------------------|
 * | free          | falls due       | runs                                                                      |
 * | running       | falls due       | noted; several are one; runs when the run ends                            |
 * | free          | falls due while another schedule runs its function | waits for that, the one that is due longest first |
 * | running       | somebody asks   | waits for its turn                                                        |
 * | disabled      | falls due       | nothing; nothing is missed either                                         |
 * | any           | start           | what was missed or interrupted: once, if it is a cron or a rate of an hour or more |
 * | running       | stop, kill      | marked interrupted, and owed; not a catch-up that was killed: it may be what ends the process |
 *
 * Until the database has answered, at most ten seconds, what falls due waits: another scheduler may be at work, and switches are not known.
 */
export class Scheduler implements JournalListener {
  readonly #tracks = new Map<string, Track>()
  readonly #stopping = new AbortController()
  #cancelTimer: (() => void) | undefined
  #cancelGrace: (() => void) | undefined
  /** Undefined until it is known whether another scheduler is at work. */
  #leads: boolean | undefined
  #hasOpened = false
  /** What was due up to here is nobody's, or was missed; what comes after is ours. */
  #since: number

  constructor(
    schedules: readonly Schedule[],
    private readonly options: {
      functions: Record<string, ScheduledFunction>
      origin: Origin
      clock: Clock
      invoke: Invoke
      journal: Journal
      say(sentence: string): void
    }
  ) {
    this.#since = options.clock.now()
    for (const schedule of schedules) this.#tracks.set(schedule.id, { schedule, isEnabled: schedule.enabled, requests: [] })
  }

  /** Does this process run the schedules, and not another one? */
  get isLeading(): boolean {
    return this.#leads === true
  }

  start(): void {
    const { clock, journal } = this.options
    this.#since = clock.now()
    this.#cancelGrace = clock.schedule(GRACE_MS, () => {
      if (this.#leads !== undefined) return
      journal.sayIfAway()
      this.#lead()
    })
    for (const track of this.#tracks.values()) this.#aim(track, this.#since)
    this.#arm()
    journal.start(this)
  }

  /** Nothing is started any more; what runs is marked interrupted. Takes at most as long as closing the journal. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    this.#cancelTimer?.()
    this.#cancelGrace?.()
    for (const { active } of this.#tracks.values()) {
      if (active) void this.options.journal.put(this.#ended(active, { outcome: 'interrupted', error: 'the scheduler was stopped' }))
    }
    await this.options.journal.close()
  }

  goingOn(): string[] {
    return [...this.#tracks.values()].flatMap(({ active, requests }) => [...(active ? [active.id] : []), ...requests.map(({ id }) => id)])
  }

  opened(settings: ReadonlyMap<string, Setting>): { schedule: string; expression: string; dueUntil?: number }[] {
    const isFirst = !this.#hasOpened || this.#leads === false
    if (this.#leads === false) {
      // the other scheduler did what was due until now
      this.#leads = undefined
      this.#since = this.options.clock.now()
      for (const track of this.#tracks.values()) this.#aim(track, this.#since)
      this.#arm()
    }
    this.#hasOpened = true
    this.#switch(settings)
    const notes = [...this.#tracks.values()].flatMap(track => {
      const { id, expression } = track.schedule
      const setting = settings.get(id)
      if (!isFirst && setting?.expression === expression) return []
      const isKnown = setting?.expression === expression && setting.dueUntil !== undefined
      if (isFirst && isKnown && track.isEnabled) this.#catchUp(track, setting.dueUntil!)
      return [{ schedule: id, expression, dueUntil: track.isEnabled ? (isKnown ? setting.dueUntil : this.#since) : undefined }]
    })
    return notes
  }

  noted(): void {
    this.#lead()
  }

  changed(settings: ReadonlyMap<string, Setting>, requests: (Run & { ageMs: number })[]): void {
    if (this.#stopping.signal.aborted) return
    this.#switch(settings)
    for (const { ageMs, ...request } of requests) this.#request(request, ageMs)
  }

  standsBy(): void {
    if (this.#leads === false) return
    this.#leads = false
    for (const track of this.#tracks.values()) track.pending = undefined
    this.options.say('schedules: another process runs them already; this one takes over when that ends.')
  }

  #lead(): void {
    this.#leads = true
    for (const track of this.#tracks.values()) this.#drain(track)
  }

  /** Sets the hand on the first due time after an instant. */
  #aim(track: Track, after: number): void {
    const { parsed, timezone } = track.schedule
    track.next = track.isEnabled && parsed ? nextRun(parsed, after, timezone) : undefined
  }

  #arm(): void {
    this.#cancelTimer?.()
    if (this.#stopping.signal.aborted) return
    const { clock } = this.options
    const next = Math.min(...[...this.#tracks.values()].map(track => track.next ?? Number.POSITIVE_INFINITY))
    const wait = Math.min(Math.max(0, next - clock.now()), MAX_WAIT_MS)
    this.#cancelTimer = clock.schedule(wait, () => this.#tick())
  }

  #tick(): void {
    const now = this.options.clock.now()
    for (const track of this.#tracks.values()) {
      if (track.next === undefined || track.next > now) continue
      const found = dueIn(track.schedule, track.next - 1, now)!
      this.#aim(track, now)
      this.#due(track, { dueAt: found.last, coalesced: found.before, trigger: 'schedule' })
    }
    this.#arm()
  }

  #catchUp(track: Track, dueUntil: number): void {
    const { schedule } = track
    if (!schedule.parsed || !isCaughtUp(schedule.parsed)) return
    const missed = dueIn(schedule, dueUntil, this.#since)
    if (missed) this.#due(track, { dueAt: missed.last, coalesced: missed.before, trigger: 'catch-up' })
  }

  #switch(settings: ReadonlyMap<string, Setting>): void {
    for (const track of this.#tracks.values()) {
      const isEnabled = settings.get(track.schedule.id)?.isEnabled ?? track.schedule.enabled
      if (isEnabled === track.isEnabled) continue
      track.isEnabled = isEnabled
      if (!isEnabled) track.pending = undefined
      this.#aim(track, this.options.clock.now())
    }
    this.#arm()
  }

  #request(request: Run, ageMs: number): void {
    const { clock, journal } = this.options
    const track = this.#tracks.get(request.schedule)
    const refused = !track
      ? 'there is no such schedule in serverless.yml'
      : ageMs > REQUEST_MS
        ? 'nothing ran schedules when it was asked for'
        : track.requests.length >= MAX_REQUESTS
          ? `${MAX_REQUESTS} runs that were asked for wait already`
          : undefined
    if (refused) {
      void journal.put({ ...request, endedAt: clock.now(), outcome: 'skipped', error: refused })
      return
    }
    track!.requests.push(request)
    this.#drain(track!)
  }

  #due(track: Track, due: Due): void {
    if (this.#leads === false) return
    const waiting = track.pending
    track.pending = waiting
      ? {
          dueAt: Math.max(due.dueAt, waiting.dueAt),
          coalesced: waiting.coalesced + 1 + due.coalesced,
          trigger: due.dueAt > waiting.dueAt ? due.trigger : waiting.trigger
        }
      : due
    this.#drain(track)
  }

  /** The schedules of one function, in the order in which they wait for it. */
  #sharing(name: string): Track[] {
    const waitsSince = ({ requests, pending }: Track) => (requests.length > 0 ? 0 : (pending?.dueAt ?? Number.POSITIVE_INFINITY))
    return [...this.#tracks.values()].filter(({ schedule }) => schedule.function === name).sort((a, b) => waitsSince(a) - waitsSince(b))
  }

  /** Starts what waits, if no schedule runs the function. */
  #drain(track: Track): void {
    if (!this.#leads || this.#stopping.signal.aborted || this.#sharing(track.schedule.function).some(({ active }) => active)) return
    const { schedule, pending } = track
    const request = track.requests.shift()
    if (request) {
      this.#begin(track, request)
      return
    }
    if (!pending) return
    track.pending = undefined
    this.#begin(track, {
      id: randomUUID(),
      schedule: schedule.id,
      function: schedule.function,
      expression: schedule.expression,
      ...pending
    })
  }

  #begin(track: Track, run: Run): void {
    track.active = { ...run, startedAt: this.options.clock.now() }
    void this.#run(track, track.active)
  }

  async #run(track: Track, run: Run): Promise<void> {
    const { functions, origin, invoke, journal, say } = this.options
    await journal.put(run)
    if (this.#stopping.signal.aborted) return
    const { name, timeoutMs } = functions[track.schedule.function]!
    try {
      const ended = this.#ended(run, await invoke(name, eventOf(track.schedule, run, origin), timeoutMs, this.#stopping.signal))
      if (this.#stopping.signal.aborted) return
      if (ended.outcome !== 'ok') say(`schedule ${run.schedule}: ${ended.outcome?.replace('_', ' ')}: ${ended.error}`)
      void journal.put(ended)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      void journal.put(this.#ended(run, { outcome: 'failed', error: (error as Error).message }))
    }
    track.active = undefined
    for (const next of this.#sharing(track.schedule.function)) this.#drain(next)
  }

  #ended(run: Run, how: Pick<Run, 'outcome' | 'error' | 'requestId'>): Run {
    const endedAt = this.options.clock.now()
    return { ...run, ...how, endedAt, durationMs: Math.max(0, endedAt - (run.startedAt ?? endedAt)) }
  }
}
