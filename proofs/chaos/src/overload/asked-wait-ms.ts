import type { Answer } from '../isolation/client-connection.ts'

/** The wait that an overloaded server asks for, in ms; undefined for any other answer. */
export function askedWaitMs({ status, body }: Answer): number | undefined {
  const waitMs = Number(/"retryAfterMs":(\d+)/.exec(body)?.[1])
  return status === 503 && waitMs >= 1_000 && waitMs <= 3_000 ? waitMs : undefined
}
