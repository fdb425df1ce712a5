// Where do log lines go? One JSON object a line to standard output, without secrets.
import pino from 'pino'

/** Paths that may hold a secret in an error or an event. */
const redact = ['password', '*.password', 'connectionString', '*.connectionString', 'DATABASE_URL', 'TIMESCALE_URL', 'MYSQL_URL']

export const log = pino({ level: process.env.LOG_LEVEL || 'info', redact, base: undefined })
