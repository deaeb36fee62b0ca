import { sqlStateOf } from '@idem/idempotency/server'
import type { Environment } from '../environment.ts'

/**
 * The message for a failed start: the expected state, the actual one and the remedy. An unknown cause
 * is printed with its stack.
 */
export function explainStartupError(error: unknown, environment: Environment | undefined): string {
  if (!(error instanceof Error)) return String(error)
  if (isReadable(error)) return error.message
  const code = sqlStateOf(error)
  const sentence = code === undefined ? sentenceOf(error.message) : sentences[code]
  if (sentence === undefined || environment === undefined) return error.stack ?? error.message
  return sentence(environment, error)
}

type Sentence = (environment: Environment, error: NodeJS.ErrnoException) => string

/** The driver sets no code for this error. */
function sentenceOf(message: string): Sentence | undefined {
  return message.includes('does not support SSL') ? withoutTls : undefined
}

const withoutTls = () =>
  'The server of DATABASE_URL does not support TLS, but the URL requires it; enable TLS on the server, or remove sslmode on a trusted network.'

const untrusted: Sentence = (_, { code }) =>
  `The certificate of the server of DATABASE_URL is not trusted (${code}); set sslrootcert in the URL to the certificate of its authority, and use the host name of the certificate.`

/** Errors of our own packages have a readable message and no code; a driver's error has a code. */
function isReadable(error: Error): boolean {
  return !('code' in error) && error.name === 'Error' && error.message.endsWith('.')
}

const unreachable: Sentence = ({ DATABASE_URL, IDEM_DATA_DIR }) =>
  DATABASE_URL === undefined
    ? `The embedded PostgreSQL in ${IDEM_DATA_DIR} stopped or does not respond; read postgres.log there and try again.`
    : 'The database of DATABASE_URL does not respond; check its host and port, and that PostgreSQL is running there.'

const cut: Sentence = (environment, error) =>
  environment.DATABASE_URL === undefined ? unreachable(environment, error) : cutOff

const cutOff =
  'The connection to the database was closed while this server was starting; start it again, and if that happens again, check the network between the two.'

const noSpace = () =>
  'The disk of the database is full; free space there and start again. Committed data are not lost.'

const sentences: Readonly<Record<string, Sentence>> = {
  EADDRINUSE: ({ HOST, PORT }) =>
    `Port ${PORT} on ${HOST} is in use by another program; stop that program, or set PORT to a free port.`,
  EACCES: ({ HOST, PORT }, { syscall, path }) =>
    syscall === 'listen'
      ? `Port ${PORT} on ${HOST} cannot be opened by this user; set PORT to a port above 1023.`
      : `${path} cannot be accessed by this user; change its owner, or run as its owner.`,
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
      : `The file ${path} of DATABASE_URL does not exist; correct the URL.`,
  ENOSPC: ({ IDEM_DATA_DIR }) =>
    `The disk that holds ${IDEM_DATA_DIR} is full; free space there, or set IDEM_DATA_DIR to a folder on another disk.`,
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
    'The database of DATABASE_URL rejects the password; correct user and password in the URL.',
  '28000': () => 'The database of DATABASE_URL rejects this user; correct the user in the URL.',
  '3D000': () =>
    'The database that DATABASE_URL names does not exist; create it, or correct the name.',
  '08P01': () =>
    'The server of DATABASE_URL rejects the startup options of a connection; if it is a pooler such as PgBouncer, set IDEM_POOLER=transaction.',
  '25006': () =>
    'The database of DATABASE_URL is read-only, possibly a standby; use the primary instead.',
  '42P01': () => 'The database does not contain the tables of Idem; npm start creates them.',
  '42501': () =>
    'The user of DATABASE_URL lacks a privilege on the tables of Idem or on their schema; grant it, or migrate as another user first (docs/operating.md).',
  '53100': noSpace,
  '53300': () =>
    'The server of DATABASE_URL has no free connections; close some, or raise its max_connections.',
  '57014': () =>
    'A statement exceeded the time limit of the database; try again when the database is less busy.',
  '57P03': () => 'The server of DATABASE_URL is starting or stopping; try again in a moment.',
}
