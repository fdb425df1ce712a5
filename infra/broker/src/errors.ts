// Why can a broker not start? Each reason says what to do next.

export type StartProblem =
  | 'PORT_TAKEN'
  | 'HOST_NOT_LOOPBACK'
  | 'HOST_UNUSABLE'
  | 'LIMIT_UNUSABLE'
  | 'OPTION_UNUSABLE'
  | 'TLS_UNUSABLE'
  | 'SASL_UNUSABLE'
  | 'CONFIG_UNUSABLE'
  | 'DATA_DIR_IN_USE'
  | 'DATA_DIR_UNUSABLE'

/** The broker did not start; nothing is left open. */
export class BrokerStartError extends Error {
  override readonly name = 'BrokerStartError'

  constructor(
    readonly problem: StartProblem,
    message: string,
    options?: ErrorOptions
  ) {
    super(message, options)
  }
}

/** A flag that cannot be used; the message names flag, value and remedy. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}
