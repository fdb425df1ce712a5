// Where does everything that runs locally keep its files?
import { join, resolve } from 'node:path'

/** The folders of one checkout. Every function of infra/local takes one, so that two stacks never share a path by accident. */
export interface Place {
  /** The checkout: serverless.yml, contracts/, node_modules/. */
  root: string
  /** Data, logs and state of this checkout's services. */
  state: string
  stateFile: string
  secretsFile: string
  lockFile: string
  logs: string
  postgres: string
  kafka: string
}

/**
 * @param root the checkout
 * @param state where to keep state; `<root>/.sluice` when left out
 */
export function placeOf(root: string, state?: string): Place {
  const base = resolve(root, state ?? '.sluice')
  return {
    root: resolve(root),
    state: base,
    stateFile: join(base, 'state.json'),
    secretsFile: join(base, 'secrets.json'),
    lockFile: join(base, 'supervisor.lock'),
    logs: join(base, 'logs'),
    postgres: join(base, 'postgres'),
    kafka: join(base, 'kafka')
  }
}
