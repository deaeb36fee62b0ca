import { causesOf } from '../causes-of.ts'
import { codeOf } from '../pg/code-of.ts'

/** The codes that postgres.js names itself, and the names of `codeOf` of an adapter for them. */
const postgresJsCodes: Readonly<Record<string, string>> = {
  CONNECTION_CLOSED: 'connection_lost',
  CONNECTION_DESTROYED: 'connection_lost',
  CONNECTION_ENDED: 'pool_wait',
  CONNECT_TIMEOUT: 'pool_wait',
}

/** Drizzle wraps the error of the driver, which is its cause. */
export function drizzleCodeOf(error: unknown): string | undefined {
  for (const each of causesOf(error)) {
    const { code } = each as Error & { readonly code?: unknown }
    if (typeof code === 'string' && Object.hasOwn(postgresJsCodes, code))
      return postgresJsCodes[code]
  }
  return codeOf(error)
}
