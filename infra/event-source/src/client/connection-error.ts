// In which ways does a broker stay out of reach?

/** The broker cannot be reached, or went away with requests unanswered. */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
}

/** The broker is there, but credentials, certificates or the kind of listener do not fit: somebody has to change something. */
export class AccessRefused extends ConnectionError {
  override name = 'AccessRefused'
}
