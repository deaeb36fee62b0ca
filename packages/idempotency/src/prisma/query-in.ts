import type { Query } from '../adapter.ts'

/** The members of every client and every transaction of Prisma, independent of its models. */
export type RawQueries = {
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): PromiseLike<T>
}

/**
 * The only use of `$queryRawUnsafe`. It is called unsafe because it takes the
 * statement as a string. The callers use a plain query function so that they do
 * not depend on Prisma; their statements are constants, and every value is bound.
 */
export function queryIn(tx: RawQueries): Query {
  // Awaited here, because Prisma sends a call only when it is awaited.
  return async (text, values) => await tx.$queryRawUnsafe(text, ...values)
}
