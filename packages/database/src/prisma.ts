import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient as GeneratedClient, type Prisma } from './generated/client.ts'

export type PrismaClient = GeneratedClient

declare const insideTransaction: unique symbol

/** Only `inTransaction` creates one, so the type requires a transaction of work that must not run outside one. */
export type Transaction = Prisma.TransactionClient & { readonly [insideTransaction]: true }

/** Runs one statement inside its transaction; values are bound as $1, $2, … */
export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

/** Prisma on the pool of plain SQL: one connection limit, one guard. */
export function createPrisma(pool: pg.Pool): PrismaClient {
  return new GeneratedClient({ adapter: new PrismaPg(pool) })
}

/** Commits the writes of `work`, or rolls back if it throws. An error during the commit is ambiguous. */
export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: Transaction, query: Query) => Promise<T>,
): Promise<T> {
  return prisma.$transaction((tx) => work(tx as Transaction, queryIn(tx)), {
    isolationLevel: 'ReadCommitted',
    // The same wait for a client as the pool's; the transaction gets the rest of the request's 10 s.
    maxWait: 2000,
    timeout: 8000,
  })
}

/**
 * The only use of `$queryRawUnsafe`. "Unsafe" means that the statement is a string: the callers use a
 * plain query function so that they do not depend on Prisma, their statements are constants, and
 * every value is bound.
 */
function queryIn(tx: Prisma.TransactionClient): Query {
  // Awaited here, because Prisma sends a query only when it is awaited.
  return async (text, values) => await tx.$queryRawUnsafe(text, ...values)
}
