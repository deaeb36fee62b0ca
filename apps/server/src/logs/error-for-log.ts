import { sqlStateOf } from '@idem/database/sql-state'

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
 * What the log may say of an error. Drivers and parsers quote in messages, and
 * carry in further members, what they were given: PostgreSQL the whole row that
 * broke a constraint, `JSON.parse` the text around its mistake. So what is
 * quoted is left out, and of the members only the code is taken.
 */
export function errorForLog(error: unknown, causes = mostCauses): LoggedError {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: 'Something that is no error was thrown.', ...nothing }
  }
  const { name, message, stack = '', cause } = error
  return {
    type: name,
    message: message.replace(quoted, '…').slice(0, mostCharacters),
    code: sqlStateOf(error),
    // The lines before the first frame are the message again.
    stack: stack.split('\n').flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? []),
    ...(cause === undefined || causes === 0 ? {} : { cause: errorForLog(cause, causes - 1) }),
  }
}

const nothing = { code: undefined, stack: [] }

/** From the first quote to the last: what is quoted may hold quotes itself. */
const quoted = /["'`(].*["'`)]/s
