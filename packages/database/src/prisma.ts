import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient as GeneratedClient, type Prisma } from './generated/client.ts'

export type PrismaClient = GeneratedClient

declare const insideTransaction: unique symbol

/** Only `inTransaction` makes one, so work that must not run outside a transaction asks for it by type. */
export type Transaction = Prisma.TransactionClient & { readonly [insideTransaction]: true }

/** Runs one statement inside the transaction it was handed with; values are bound as $1, $2, … */
export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

/** Prisma on the very pool that plain SQL uses: one limit on connections, one guard. */
export function createPrisma(pool: pg.Pool): PrismaClient {
  return new GeneratedClient({ adapter: new PrismaPg(pool) })
}

/** Commits what `work` did, or nothing if it throws. A rejection during the commit itself leaves open which. */
export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: Transaction, query: Query) => Promise<T>,
): Promise<T> {
  return prisma.$transaction((tx) => work(tx as Transaction, queryIn(tx)), {
    isolationLevel: 'ReadCommitted',
    // As long as the pool waits for a client; the rest of a request's 10 s is the transaction's.
    maxWait: 2000,
    timeout: 8000,
  })
}

/**
 * The only use of `$queryRawUnsafe`. Unsafe is the name for taking the statement
 * as a string: the callers are written against a plain query function so that
 * they need no Prisma, their statements are constants, and every value is bound.
 */
function queryIn(tx: Prisma.TransactionClient): Query {
  // Awaited here, because Prisma sends nothing before somebody awaits it.
  return async (text, values) => await tx.$queryRawUnsafe(text, ...values)
}
