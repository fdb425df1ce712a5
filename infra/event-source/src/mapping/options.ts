// What may be set for this plugin alone, under `custom`? Read when the command starts, as other plugins may set it before.
import { ConfigurationError } from './configuration-error'
import { checkKeys, isServer, type Settings, serverList } from './settings'

/** The key under `custom`: the package's name. */
export const OPTIONS_KEY = 'serverless-offline-kafka-event-source'

export interface MappingOptions {
  /** Used instead of every mapping's own servers. */
  bootstrapServers?: string[]
  /** How long a stop waits for functions that still run; without it, as long as their timeout. */
  stopTimeoutMs?: number
}

/**
 * Reads `custom.serverless-offline-kafka-event-source`.
 * @throws ConfigurationError for an unknown key or a malformed value
 */
export function readOptions(custom: unknown): MappingOptions {
  const settings = (custom as Record<string, unknown> | undefined)?.[OPTIONS_KEY] ?? {}
  const path = `custom.${OPTIONS_KEY}`
  if (typeof settings !== 'object' || Array.isArray(settings)) {
    throw new ConfigurationError({ path: 'custom', key: OPTIONS_KEY }, settings, 'Set a map of options.')
  }
  checkKeys(
    settings as Settings,
    {
      bootstrapServers: value => {
        const servers = serverList(value)
        return servers.length > 0 && servers.every(isServer) ? undefined : 'Set one host:port, several with commas, or a list of them.'
      },
      stopTimeoutMs: value => (Number.isInteger(value) && (value as number) >= 0 ? undefined : 'Set milliseconds as a whole number.')
    },
    path
  )
  const { bootstrapServers, stopTimeoutMs } = settings as { bootstrapServers?: unknown; stopTimeoutMs?: number }
  return {
    ...(bootstrapServers != null && { bootstrapServers: serverList(bootstrapServers) }),
    ...(stopTimeoutMs != null && { stopTimeoutMs })
  }
}
