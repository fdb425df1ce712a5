// What may a test demand of a fault, and what is said of a demand that makes no sense?
import { nearest } from '../nearest'
import { type ApiName, apis, type ErrorName, errorCodes } from '../protocol'
import type { Subject } from './placement'
import { placements } from './placements'

/** A fault that cannot be had; the message names the call, the value and the remedy. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}

/** Which requests a fault is for; all of its API that are left out are. */
export interface FaultFilter {
  /** How many requests it is for, the next ones; 1 by default, Infinity for all until it is restored. */
  times?: number
  /** Client id of who asks. */
  clientId?: string
  /** Only the parts of a request that are about this topic, this partition of topics, this group, this transactional id. */
  topic?: string
  partition?: number
  group?: string
  transactionalId?: string
}

export interface FailOptions extends FaultFilter {
  /** Name of the error code to answer. */
  error: Exclude<ErrorName, 'NONE'>
  /** What the answer says beside the code, where it can. */
  message?: string
}

export interface DropOptions extends FaultFilter {
  /** Whether the connection is dropped `before` the request is acted on, the default, or `after`: acted on, but not answered. */
  when?: 'before' | 'after'
}

const subjects: readonly Subject[] = ['topic', 'partition', 'group', 'transactionalId']
const filterFields = ['times', 'clientId', ...subjects]
const fieldsOf = { fail: [...filterFields, 'error', 'message'], delay: filterFields, drop: [...filterFields, 'when'] }

function checkName(call: string, what: string, given: string, names: readonly string[]): void {
  if (!names.includes(given))
    throw new FaultError(`${call}: there is no ${what} '${given}'. Did you mean '${nearest(String(given), names)}'?`)
}

/** Throws FaultError unless `kind` can be done to the API with these options. */
export function checkDemand(kind: keyof typeof fieldsOf, api: ApiName, options: FaultFilter & { error?: string; when?: string }): void {
  const call = `faults.${kind}('${api}')`
  checkName(call, 'API', api, Object.keys(apis))
  for (const field of Object.keys(options)) checkName(call, 'option', field, fieldsOf[kind])
  if (kind === 'fail') {
    const names = Object.keys(errorCodes).filter(name => name !== 'NONE')
    if (options.error === undefined) throw new FaultError(`${call}: says no error. Add { error: 'NOT_LEADER_OR_FOLLOWER' }, say.`)
    checkName(call, 'error', options.error, names)
  }
  const { times = 1, when } = options
  if (times !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(times) && times > 0))
    throw new FaultError(`${call}: times ${times} must be a whole number from 1, or Infinity.`)
  if (when !== undefined) checkName(call, 'value of when', when, ['before', 'after'])
  for (const subject of subjects) {
    if (options[subject] === undefined || placements[api].subjects.includes(subject)) continue
    throw new FaultError(`${call}: ${subject} is nothing that such a request names. ${hint(api)}`)
  }
}

function hint(api: ApiName): string {
  const named = ['clientId', ...placements[api].subjects]
  return `It can be narrowed by ${named.join(', ')}.`
}
