// Which functions run by the clock, and how often?
import { parse } from 'yaml'

export interface Schedule {
  function: string
  expression: string
  enabled: boolean
  input?: unknown
}

interface Definition {
  functions?: Record<string, { events?: { schedule?: string | { rate: string | string[]; enabled?: boolean; input?: unknown } }[] }>
}

/** The schedules of a service definition, in its order. */
export function schedulesOf(serverlessYml: string): Schedule[] {
  const { functions = {} } = parse(serverlessYml) as Definition
  return Object.entries(functions).flatMap(([name, { events = [] }]) =>
    events.flatMap(({ schedule }) => {
      if (schedule === undefined) return []
      const { rate, enabled = true, input } = typeof schedule === 'string' ? { rate: schedule } : schedule
      return [rate].flat().map(expression => ({ function: name, expression, enabled, ...(input === undefined ? {} : { input }) }))
    })
  )
}
