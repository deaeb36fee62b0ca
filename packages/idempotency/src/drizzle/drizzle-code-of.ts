import { codeIn } from '../pg/code-in.ts'
import { driverStateOf } from '../pg/driver-state-of.ts'

/** Drizzle wraps the error of the driver, which is its cause. */
export function drizzleCodeOf(error: unknown): string | undefined {
  return codeIn(error, (each) => {
    const state = driverStateOf(each)
    const [, kind] = postgresJsCode.exec(state ?? '') ?? []
    if (kind === undefined) return state
    return /CLOSED|DESTROYED/.test(kind) ? 'connection_lost' : 'pool_wait'
  })
}

/** The codes that postgres.js names itself; with the last two nothing was sent. */
const postgresJsCode = /^CONNECT(?:ION)?_(CLOSED|DESTROYED|ENDED|TIMEOUT)$/
