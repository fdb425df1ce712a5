// What does a function get when its schedule runs it? AWS's scheduled event, or the input that serverless.yml gives.
import type { Schedule } from '../../layers/schedule/definition'
import type { Run } from '../../layers/schedule/history'

/** No account is this one: what is local shall not look like somebody's. */
const ACCOUNT = '000000000000'

export interface Origin {
  region: string
  /** `<service>-<stage>`, with which rules are named. */
  prefix: string
}

/** ISO 8601 in whole seconds, as EventBridge writes it. */
const seconds = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

function arnOf({ id, isScheduler }: Schedule, { region, prefix }: Origin): string {
  const name = `${prefix}-${id}`
  return isScheduler
    ? `arn:aws:scheduler:${region}:${ACCOUNT}:schedule/default/${name}`
    : `arn:aws:events:${region}:${ACCOUNT}:rule/${name}`
}

/** EventBridge Scheduler fills these words in, wherever they stand in the input ("Adding context attributes"). */
function withContext(input: unknown, attributes: Record<string, string>): unknown {
  const text = JSON.stringify(input).replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, key) => attributes[key] ?? whole)
  return JSON.parse(text)
}

/**
 * The event of one run. `time` is when it fell due, not when it started: a run that makes up for a missed one works on the time that was missed.
 */
export function eventOf(schedule: Schedule, run: Pick<Run, 'id' | 'dueAt'>, origin: Origin): unknown {
  const { input, isScheduler } = schedule
  const arn = arnOf(schedule, origin)
  const time = seconds(run.dueAt)
  if (input !== undefined) {
    const attributes = { 'schedule-arn': arn, 'scheduled-time': time, 'execution-id': run.id, 'attempt-number': '1' }
    return isScheduler ? withContext(input, attributes) : input
  }
  return {
    version: '0',
    id: run.id,
    'detail-type': 'Scheduled Event',
    source: isScheduler ? 'aws.scheduler' : 'aws.events',
    account: ACCOUNT,
    time,
    region: origin.region,
    resources: [arn],
    // the two services differ in this, too
    detail: isScheduler ? '{}' : {}
  }
}
