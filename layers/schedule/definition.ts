// Which schedules does a service definition hold, and which of their settings cannot be followed on this machine?
import { nearest } from '../contract/identifiers'
import { PipelineError } from '../errors'
import { type Expression, parseExpression } from './expression'
import { ExpressionError } from './expression-error'
import { isTimeZone } from './wall-clock'

/** One `schedule` event and one of its expressions. */
export interface Schedule {
  /** `name` of serverless.yml; else the function's name, for its second and later schedules with `-2` and so on. */
  id: string
  function: string
  expression: string
  /** As serverless.yml says; `sluice schedule enable` and `disable` may say otherwise. */
  enabled: boolean
  /** What the function gets instead of the scheduled event. */
  input?: unknown
  description?: string
  /** IANA name; EventBridge rules know UTC only. */
  timezone?: string
  /** EventBridge Scheduler (`method: scheduler`) instead of an EventBridge rule. */
  isScheduler: boolean
  /** Undefined while the expression holds a variable that only the framework can fill in. */
  parsed?: Expression
}

export interface ScheduledFunctions {
  [name: string]: { events?: readonly unknown[] | null } | null | undefined
}

/** What AWS answers, so that a search for it finds this as well. */
const AWS_REFUSAL = {
  rule: 'ValidationException: Parameter ScheduleExpression is not valid.',
  scheduler: 'ValidationException: Invalid Schedule Expression'
}

const SETTINGS = [
  'rate',
  'enabled',
  'name',
  'description',
  'input',
  'inputPath',
  'inputTransformer',
  'method',
  'timezone',
  'roleArn',
  'groupName'
] as const
const METHODS = ['eventBus', 'scheduler']
const NAME = /^[.\-_A-Za-z0-9]{1,64}$/

type Settings = Partial<Record<(typeof SETTINGS)[number], unknown>>

const hasVariable = (value: unknown): boolean => JSON.stringify(value)?.includes('${') ?? false

function refuse(path: string, value: unknown, rule: string, remedy = 'Correct it and start again.'): never {
  throw new PipelineError('CONFIG_INVALID', `serverless.yml: ${path} is ${JSON.stringify(value) ?? 'missing'}: ${rule}`, { remedy })
}

function parsed(path: string, expression: unknown, isScheduler: boolean): Expression | undefined {
  if (typeof expression !== 'string') refuse(path, expression, 'an expression is text; what CloudFormation fills in is known on AWS only')
  if (hasVariable(expression)) return undefined
  try {
    return parseExpression(expression)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const said = AWS_REFUSAL[isScheduler ? 'scheduler' : 'rule']
    refuse(path, expression, error.message, `Correct it and start again. AWS would refuse it with "${said}"`)
  }
}

/** As the framework hands it to AWS: text is JSON, and so is the text under `body`. */
function inputOf(path: string, input: unknown): unknown {
  if (input === undefined || hasVariable(input)) return input
  const read = (text: string, at: string) => {
    try {
      return JSON.parse(text)
    } catch (error) {
      return refuse(at, text, `it is not JSON: ${(error as Error).message}`)
    }
  }
  if (typeof input === 'string') return read(input, path)
  if (typeof input !== 'object' || input === null) refuse(path, input, 'use a map, or text that is JSON')
  const { body } = input as { body?: unknown }
  return typeof body === 'string' ? { ...input, body: read(body, `${path}.body`) } : input
}

function checkSettings(path: string, settings: Settings): void {
  for (const key of Object.keys(settings)) {
    if ((SETTINGS as readonly string[]).includes(key)) continue
    const guess = nearest(key, SETTINGS)
    refuse(`${path}.${key}`, settings[key as keyof Settings], `there is no such setting${guess ? `; did you mean ${guess}?` : ''}`)
  }
  for (const key of ['inputPath', 'inputTransformer'] as const) {
    if (settings[key] !== undefined)
      refuse(
        `${path}.${key}`,
        settings[key],
        'it is applied on AWS only, and here the function would get another event',
        'Use input instead.'
      )
  }
  const { enabled, name, method, timezone, rate } = settings
  if (enabled !== undefined && typeof enabled !== 'boolean' && !hasVariable(enabled))
    refuse(`${path}.enabled`, enabled, 'use true or false')
  if (method !== undefined && !hasVariable(method) && !METHODS.includes(method as string))
    refuse(`${path}.method`, method, `use ${METHODS.join(' or ')}`)
  if (name !== undefined && !hasVariable(name)) {
    if (typeof name !== 'string' || !NAME.test(name)) refuse(`${path}.name`, name, 'use 1 to 64 letters, digits, ".", "-" and "_"')
    if (Array.isArray(rate) && rate.length > 1) refuse(`${path}.name`, name, 'a name is for one expression, and rate has several')
  }
  if (timezone !== undefined && !hasVariable(timezone)) {
    if (method !== 'scheduler') refuse(`${path}.timezone`, timezone, 'only method: scheduler knows time zones')
    if (typeof timezone !== 'string' || !isTimeZone(timezone)) refuse(`${path}.timezone`, timezone, 'use a name such as Europe/Berlin')
  }
}

function settingsOf(path: string, event: unknown): Settings {
  if (typeof event === 'string') return { rate: event }
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    refuse(path, event, 'use an expression, or a map with rate', 'Write schedule: rate(5 minutes), for instance.')
  checkSettings(path, event as Settings)
  return event as Settings
}

function schedulesOfEvent(functionName: string, path: string, event: unknown, already: number): Schedule[] {
  const { rate, enabled = true, name, method, input, description, timezone } = settingsOf(path, event)
  const isScheduler = method === 'scheduler'
  const at = typeof event === 'string' ? path : `${path}.rate`
  const expressions = [rate].flat()
  if (expressions.length === 0) refuse(at, rate, 'at least one expression is needed')
  return expressions.map((expression, index) => {
    const place = already + index + 1
    return {
      id: typeof name === 'string' ? name : place === 1 ? functionName : `${functionName}-${place}`,
      function: functionName,
      expression: expression as string,
      enabled: enabled !== false,
      isScheduler,
      parsed: parsed(Array.isArray(rate) ? `${at}[${index}]` : at, expression, isScheduler),
      ...(input === undefined ? {} : { input: inputOf(`${path}.input`, input) }),
      ...(description === undefined ? {} : { description: String(description) }),
      ...(timezone === undefined ? {} : { timezone: timezone as string })
    }
  })
}

/**
 * The schedules of a service, in its order.
 * @param functions `functions` of serverless.yml, with or without variables filled in
 * @throws PipelineError CONFIG_INVALID naming file, function, key, value and the rule
 */
export function readSchedules(functions: ScheduledFunctions): Schedule[] {
  const schedules: Schedule[] = []
  for (const [name, definition] of Object.entries(functions)) {
    let count = 0
    for (const [index, event] of (definition?.events ?? []).entries()) {
      if (typeof event !== 'object' || event === null || !('schedule' in event)) continue
      const path = `functions.${name}.events[${index}].schedule`
      const found = schedulesOfEvent(name, path, event.schedule, count)
      count += found.length
      for (const schedule of found) {
        const other = schedules.find(({ id }) => id === schedule.id)
        if (other) refuse(`${path}.name`, schedule.id, `a schedule of ${other.function} has this name already`)
        schedules.push(schedule)
      }
    }
  }
  return schedules
}
