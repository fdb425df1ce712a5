// What would AWS be asked for, for one mapping? The properties of its resource, and where the user wrote them.
import type { Place } from './configuration-error'
import type { EventType } from './event-settings'
import { clusterToken } from './identity'
import { clusterArn, type Template, Unresolved } from './references'
import type { Settings } from './rules'

/** A mapping as AWS would be asked for it, and where the user wrote what. */
export interface Request {
  logicalId: string
  functionKey: string
  source: EventType
  /** Checked, all references computed. */
  properties: Settings
  /** The event's own settings, of a mapping that comes from one. */
  event?: Settings
  /** Where the mapping begins in serverless.yml. */
  path: string
  placeOf: (property: string) => Place
}

/** The bootstrap servers that the service names, of a self-managed cluster. */
export function serversOf({ properties }: Request): string[] | undefined {
  const source = properties['SelfManagedEventSource'] as { Endpoints?: { KafkaBootstrapServers?: string[] } } | undefined
  return source?.Endpoints?.KafkaBootstrapServers
}

/** The cluster's ARN, with a made-up one for a cluster that is known by a reference only. */
export function arnOf({ properties }: Request, { region }: Pick<Template, 'region'>): string | undefined {
  const arn = properties['EventSourceArn'] as string | Unresolved | undefined
  return arn instanceof Unresolved ? clusterArn(clusterToken(arn.source), region) : arn
}
