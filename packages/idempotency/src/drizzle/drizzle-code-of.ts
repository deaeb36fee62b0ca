import { causesOf } from '../causes-of.ts'
import { codeOf } from '../pg/code-of.ts'

/** Drizzle wraps the error of the driver, which is its cause. */
export function drizzleCodeOf(error: unknown): string | undefined {
  for (const each of causesOf(error)) {
    const { code } = each as Error & { readonly code?: unknown }
    const [, kind] = postgresJsCode.exec(String(code)) ?? []
    if (kind) return /CLOSED|DESTROYED/.test(kind) ? 'connection_lost' : 'pool_wait'
  }
  return codeOf(error)
}

/** The codes that postgres.js names itself; with the last two nothing was sent. */
const postgresJsCode = /^CONNECT(?:ION)?_(CLOSED|DESTROYED|ENDED|TIMEOUT)$/
