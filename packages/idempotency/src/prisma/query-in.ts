import type { Query } from '../adapter.ts'
import type { RawQueries } from './client-like.ts'

/**
 * The only use of `$queryRawUnsafe`. Unsafe is the name for taking the statement
 * as a string: the callers are written against a plain query function so that
 * they need no Prisma, their statements are constants, and every value is bound.
 */
export function queryIn(tx: RawQueries): Query {
  // Awaited here, because Prisma sends nothing before somebody awaits it.
  return async (text, values) => await tx.$queryRawUnsafe(text, ...values)
}
