// Are the Kafka events and the schedules of serverless.yml well formed? Asked before anything is started.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { PipelineError } from '../../layers/errors'
import { readSchedules } from '../../layers/schedule/definition'
import { ConfigurationError } from '../event-source/src/mapping/configuration-error'
import { readEvent } from '../event-source/src/mapping/event-settings'
import type { Place } from './place'

const FILE = 'serverless.yml'

/** Stands for a required value that the framework fills in from a variable. */
const RESOLVED: Record<string, unknown> = {
  topic: 'resolved',
  arn: 'arn:aws:kafka:us-east-1:000000000000:cluster/resolved/1',
  bootstrapServers: ['127.0.0.1:9092'],
  accessConfigurations: { vpcSubnet: ['subnet-0'], vpcSecurityGroup: ['sg-0'] }
}

const hasVariable = (value: unknown): boolean => JSON.stringify(value)?.includes('${') ?? false

interface Definition {
  functions?: Record<string, { events?: Record<string, unknown>[] } | null>
}

/** The settings of an event without what only the framework can tell. */
function literalSettings(settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return settings
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) =>
      !hasVariable(value) ? [[key, value]] : key in RESOLVED ? [[key, RESOLVED[key]]] : []
    )
  )
}

/**
 * Checks the kafka, msk and schedule events of the checkout's serverless.yml.
 * @throws PipelineError CONFIG_INVALID naming file, function, key and value, with the nearest right key or the allowed values
 */
export function checkServiceDefinition(place: Pick<Place, 'root'>): void {
  const document = parseDocument(readFileSync(join(place.root, FILE), 'utf8'))
  const broken = document.errors[0]
  if (broken) {
    const line = broken.linePos?.[0].line
    throw new PipelineError('CONFIG_INVALID', `${FILE}${line === undefined ? '' : `:${line}`}: ${broken.message.split('\n')[0]}`, {
      remedy: 'Correct the YAML and start again.'
    })
  }
  const { functions = {} } = (document.toJS() ?? {}) as Definition
  readSchedules(functions)
  for (const [name, definition] of Object.entries(functions)) {
    for (const [index, event] of (definition?.events ?? []).entries()) {
      for (const type of ['kafka', 'msk'] as const) {
        if (event === null || typeof event !== 'object' || !(type in event)) continue
        try {
          readEvent(type, literalSettings(event[type]), `functions.${name}.events[${index}]`)
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error
          throw new PipelineError('CONFIG_INVALID', error.message.replace(` ${error.remedy}`, ''), { remedy: error.remedy, cause: error })
        }
      }
    }
  }
}
