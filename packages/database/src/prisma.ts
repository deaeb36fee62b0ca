import type { IdempotencyAdapter, Query } from '@idem/idempotency'
import { prismaAdapter } from '@idem/idempotency/prisma'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient as GeneratedClient, type Prisma } from './generated/client.ts'

export type PrismaClient = GeneratedClient

declare const insideTransaction: unique symbol

/** Only `transactionsOf` makes one, so work that must not run outside a transaction asks for it by type. */
export type Transaction = Prisma.TransactionClient & { readonly [insideTransaction]: true }

/** Prisma on the very pool that plain SQL uses: one limit on connections, one guard. */
export function createPrisma(pool: pg.Pool): PrismaClient {
  return new GeneratedClient({ adapter: new PrismaPg(pool) })
}

/** What the package idempotency needs of this client: the only way to a `Transaction`. */
export function transactionsOf(prisma: PrismaClient): IdempotencyAdapter<Transaction> {
  // The adapter opens a transaction before it hands anything to the work.
  return prismaAdapter(prisma) as IdempotencyAdapter<Transaction>
}

/** Commits what `work` did, or nothing if it throws. A rejection during the commit itself leaves open which. */
export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: Transaction, query: Query) => Promise<T>,
): Promise<T> {
  return transactionsOf(prisma).transaction(work)
}
