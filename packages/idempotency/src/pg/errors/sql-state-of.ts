import { isPrismaCode, printedState, prismaStates, prismaWordingState } from './prisma-states.ts'

/**
 * The SQLSTATE of a database error, wherever it is stored: on the error (pg), or
 * in the error that Prisma wrapped. Node's socket errors have their own code. An
 * error without a code, because the driver invented it, gets a name:
 *
 * - `pool_wait`: no connection was available in time, so nothing was ever sent
 * - `connection_lost`: it broke, and its statements may or may not have taken effect
 * - `ETIMEDOUT`: the server did not answer within the client's time; equally ambiguous
 *
 * Undefined for an error that is not about a database.
 */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errorCode, cause, meta } = error as ErrorShape
  return (
    wrappedState(meta?.driverAdapterError?.cause ?? cause) ??
    ownState(code ?? errorCode, meta?.code) ??
    printedState(error) ??
    wordedState(error) ??
    prismaWordingState(error.message)
  )
}

type ErrorShape = Error & {
  readonly code?: unknown
  /** The code of a client of Prisma that could not start. */
  readonly errorCode?: unknown
  readonly cause?: Wrapped
  readonly meta?: {
    /** The code of a raw statement, sent by an engine of Prisma. */
    readonly code?: unknown
    readonly driverAdapterError?: { readonly cause?: Wrapped }
  }
}

/** Prisma's adapter keeps the SQLSTATE, but only the kind of a socket error. */
type Wrapped = { readonly originalCode?: string; readonly kind?: string }

function wrappedState(wrapped: Wrapped | undefined): string | undefined {
  return wrapped?.originalCode ?? socketErrors[wrapped?.kind ?? '']
}

const socketErrors: Readonly<Record<string, string>> = {
  DatabaseNotReachable: 'ECONNREFUSED',
  ConnectionClosed: 'ECONNRESET',
  SocketTimeout: 'ETIMEDOUT',
}

function ownState(code: unknown, rawCode: unknown): string | undefined {
  if (typeof code !== 'string') return undefined
  if (!isPrismaCode(code)) return code
  return code === 'P2010' && typeof rawCode === 'string' ? rawCode : prismaStates[code]
}

/** The code of an error of `pg`, or the name for one that has none, see `sqlStateOf`. */
export function driverStateOf(error: Error): string | undefined {
  const { code } = error as Error & { readonly code?: unknown }
  return typeof code === 'string' ? code : wordedState(error)
}

/** Only its message identifies an error to which `pg` gives no code. */
function wordedState({ message }: Error): string | undefined {
  return wordings.find(([words]) => message.includes(words))?.[1]
}

const wordings: readonly (readonly [words: string, state: string])[] = [
  ['timeout exceeded when trying to connect', 'pool_wait'],
  ['Connection terminated due to connection timeout', 'pool_wait'],
  ['Connection terminated', 'connection_lost'],
  ['is not queryable', 'connection_lost'],
  ['Query read timeout', 'ETIMEDOUT'],
]
