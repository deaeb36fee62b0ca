import { inTransaction, type PrismaClient, type Transaction } from '@idem/database/prisma'
import { sqlStateOf } from '@idem/database/sql-state'
import type { Transact } from '@idem/idempotency/attempt'

/**
 * Rejects as soon as a statement times out on the client's side, without
 * waiting for the ROLLBACK. A silent database does not answer the ROLLBACK
 * either, and a second wait of 5 s would use up the request: no time would be
 * left to try again on a connection that works.
 */
export function transactOn(prisma: PrismaClient): Transact<Transaction> {
  return (work) =>
    new Promise((resolve, reject) => {
      const observed: typeof work = async (tx, query) => {
        try {
          return await work(tx, query)
        } catch (error) {
          if (sqlStateOf(error) === 'ETIMEDOUT') reject(error)
          throw error
        }
      }
      inTransaction(prisma, observed).then(resolve, reject)
    })
}
