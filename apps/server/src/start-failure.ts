import { sqlStateOf } from '@idem/database/sql-state'
import type { Environment } from './environment.ts'

/**
 * What a person is told when the server cannot start: what was expected, what
 * came, what to do. A cause that is not known here is shown whole, with its stack.
 */
export function explain(error: unknown, environment: Environment | undefined): string {
  if (!(error instanceof Error)) return String(error)
  if (isForPeople(error)) return error.message
  const code = sqlStateOf(error)
  const sentence = code === undefined ? undefined : sentences[code]
  if (sentence === undefined || environment === undefined) return error.stack ?? error.message
  return sentence(environment)
}

/** The messages of these packages are such sentences already; a driver's error carries a code. */
function isForPeople(error: Error): boolean {
  return !('code' in error) && error.name === 'Error' && error.message.endsWith('.')
}

const unreachable = () =>
  'The database of DATABASE_URL does not answer; check host and port in it, and that PostgreSQL runs there.'

const sentences: Readonly<Record<string, (environment: Environment) => string>> = {
  EADDRINUSE: ({ HOST, PORT }) =>
    `Port ${PORT} on ${HOST} is taken by another program; stop that one, or set PORT to a free port.`,
  EACCES: ({ HOST, PORT }) =>
    `Port ${PORT} on ${HOST} may not be opened by this user; set PORT to one above 1023.`,
  EADDRNOTAVAIL: ({ HOST }) => `This machine has no address ${HOST}; set HOST to 127.0.0.1.`,
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  pool_wait: unreachable,
  connection_lost: unreachable,
  '28P01': () =>
    'The database of DATABASE_URL refuses its password; correct user and password in it.',
  '28000': () => 'The database of DATABASE_URL does not let this user in; correct the user in it.',
  '3D000': () =>
    'The server of DATABASE_URL has no database of this name; create it, or correct the name.',
  '25006': () =>
    'The database of DATABASE_URL is read-only, a standby perhaps; name the primary instead.',
  '42501': () =>
    'The user of DATABASE_URL may not create tables; grant it CREATE on the schema, or migrate as another user first.',
}
