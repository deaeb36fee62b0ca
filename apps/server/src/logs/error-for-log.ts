import { sqlStateOf } from '@idem/idempotency/server'

const mostCauses = 5
const mostCharacters = 500

export type LoggedError = {
  readonly type: string
  readonly message: string
  /** A SQLSTATE, or a code of Node's. */
  readonly code: string | undefined
  readonly stack: readonly string[]
  readonly cause?: LoggedError
}

/**
 * The part of an error that may be logged. Drivers and parsers repeat their input in messages and
 * further members: PostgreSQL the whole row that broke a constraint, `JSON.parse` the text around
 * the error. So quoted text is removed, and of the members only the code is kept.
 */
export function errorForLog(error: unknown, causes = mostCauses): LoggedError {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: 'A value that is not an Error was thrown.', ...nothing }
  }
  const { name, message, stack = '', cause } = error
  return {
    type: name,
    message: message.replace(quoted, '…').slice(0, mostCharacters),
    code: sqlStateOf(error),
    // The lines before the first frame repeat the message.
    stack: stack.split('\n').flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? []),
    ...(cause === undefined || causes === 0 ? {} : { cause: errorForLog(cause, causes - 1) }),
  }
}

const nothing = { code: undefined, stack: [] }

/** From the first quote to the last: quoted text may contain quotes. */
const quoted = /["'`(].*["'`)]/s
