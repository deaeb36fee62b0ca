import { sqlStateOf } from '@idem/database/sql-state'
import type { Environment } from '../environment.ts'

/**
 * What a person is told when the server cannot start: what was expected, what
 * came, what to do. A cause that is not known here is shown whole, with its stack.
 */
export function explainStartupError(error: unknown, environment: Environment | undefined): string {
  if (!(error instanceof Error)) return String(error)
  if (isForPeople(error)) return error.message
  const code = sqlStateOf(error)
  const sentence = code === undefined ? sentenceOf(error.message) : sentences[code]
  if (sentence === undefined || environment === undefined) return error.stack ?? error.message
  return sentence(environment, error)
}

type Sentence = (environment: Environment, error: NodeJS.ErrnoException) => string

/** The driver gives this one no code. */
function sentenceOf(message: string): Sentence | undefined {
  return message.includes('does not support SSL') ? withoutTls : undefined
}

const withoutTls = () =>
  'The server of DATABASE_URL speaks no TLS, and the address asks for it; turn it on there, or leave sslmode out where nobody can listen.'

const untrusted: Sentence = (_, { code }) =>
  `The certificate of the server of DATABASE_URL is not trusted (${code}); name the certificate of its authority in the address with sslrootcert, and the host as the certificate has it.`

/** The messages of these packages are such sentences already; a driver's error carries a code. */
function isForPeople(error: Error): boolean {
  return !('code' in error) && error.name === 'Error' && error.message.endsWith('.')
}

const unreachable: Sentence = ({ DATABASE_URL, IDEM_DATA_DIR }) =>
  DATABASE_URL === undefined
    ? `The embedded PostgreSQL in ${IDEM_DATA_DIR} ended or does not answer; read postgres.log there, and try again.`
    : 'The database of DATABASE_URL does not answer; check host and port in it, and that PostgreSQL runs there.'

const cut: Sentence = (environment, error) =>
  environment.DATABASE_URL === undefined ? unreachable(environment, error) : cutOff

const cutOff =
  'The connection to the database was cut while this server was starting; start it again, and if that repeats look for what stands between the two.'

const noRoom = () =>
  'The disk of the database is full; make room there and start again. What was committed is not lost.'

const sentences: Readonly<Record<string, Sentence>> = {
  EADDRINUSE: ({ HOST, PORT }) =>
    `Port ${PORT} on ${HOST} is taken by another program; stop that one, or set PORT to a free port.`,
  EACCES: ({ HOST, PORT }, { syscall, path }) =>
    syscall === 'listen'
      ? `Port ${PORT} on ${HOST} may not be opened by this user; set PORT to one above 1023.`
      : `${path} may not be used by this user; change its owner, or be the user it belongs to.`,
  EADDRNOTAVAIL: ({ HOST }) => `This machine has no address ${HOST}; set HOST to 127.0.0.1.`,
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ECONNRESET: cut,
  EPIPE: cut,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENOENT: (_, { path, stack }) =>
    path === undefined
      ? String(stack)
      : `There is no ${path}, which DATABASE_URL names; correct the address.`,
  ENOSPC: ({ IDEM_DATA_DIR }) =>
    `The disk that holds ${IDEM_DATA_DIR} is full; make room there, or set IDEM_DATA_DIR to a folder on another disk.`,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
  pool_wait: unreachable,
  connection_lost: cut,
  '57P01': unreachable,
  '28P01': () =>
    'The database of DATABASE_URL refuses its password; correct user and password in it.',
  '28000': () => 'The database of DATABASE_URL does not let this user in; correct the user in it.',
  '3D000': () =>
    'The server of DATABASE_URL has no database of this name; create it, or correct the name.',
  '08P01': () =>
    'The server of DATABASE_URL does not take the start-up options of a connection; where it is a pooler such as PgBouncer, set IDEM_POOLER=transaction.',
  '25006': () =>
    'The database of DATABASE_URL is read-only, a standby perhaps; name the primary instead.',
  '42P01': () => 'The database holds nothing of Idem yet; npm start makes its tables.',
  '42501': () =>
    'The user of DATABASE_URL lacks a right on the tables of Idem or on their schema; grant it, or migrate as another user first (docs/operating.md).',
  '53100': noRoom,
  '53300': () =>
    'The server of DATABASE_URL has no connection left to give; end some, or raise its max_connections.',
  '57014': () =>
    'The database took too long over a statement and gave it up; try again when it has less to do.',
  '57P03': () =>
    'The server of DATABASE_URL is starting or stopping and takes no connection yet; try again in a moment.',
}
