// What does a program or a test need to run a broker?
export { type Broker, type BrokerOptions, startBroker } from './broker'
export { type Clock, systemClock } from './clock'
export { BrokerStartError, type StartProblem } from './errors'

export { defaultLimits, type Limits } from './limits'
export { ManualClock } from './manual-clock'

export type { TlsOptions } from './security/tls'
export type { Mechanism, SaslOptions } from './security/users'
