import type { IdempotencyAdapter, Query } from '@idem/idempotency'
import { prismaAdapter } from '@idem/idempotency/prisma'
import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient as GeneratedClient, type Prisma } from './generated/client.ts'

export type PrismaClient = GeneratedClient

declare const insideTransaction: unique symbol

/** Only `transactionsOf` creates one, so the type requires a transaction of work that must not run outside one. */
export type Transaction = Prisma.TransactionClient & { readonly [insideTransaction]: true }

/** Prisma on the pool of plain SQL: one connection limit, one guard. */
export function createPrisma(pool: pg.Pool): PrismaClient {
  return new GeneratedClient({ adapter: new PrismaPg(pool) })
}

/** The adapter for the package idempotency, and the only source of a `Transaction`. */
export function transactionsOf(prisma: PrismaClient): IdempotencyAdapter<Transaction> {
  // The adapter opens a transaction before it hands anything to the work.
  return prismaAdapter(prisma) as IdempotencyAdapter<Transaction>
}

/** Commits the writes of `work`, or rolls back if it throws. An error during the commit is ambiguous. */
export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: Transaction, query: Query) => Promise<T>,
): Promise<T> {
  return transactionsOf(prisma).transaction(work)
}
