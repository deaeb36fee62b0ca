import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { batchPool } from '@idem/idempotency/batch'
import { createOperations } from '@idem/operations/create-operations'
import type { OperationSettings } from '@idem/operations/services'
import { refusalStatus } from './http/refused.ts'

/** The operations of a server whose database is unavailable. */
export function withoutDatabase(settings: Partial<OperationSettings> = {}) {
  const pool = createPool({ url: 'postgresql://idem@127.0.0.1:1/idem' })
  const prisma = createPrisma(pool)
  const operations = createOperations({
    prisma,
    batchPool: batchPool(() => pool),
    now: () => new Date(),
    policy: { retentionHours: 24 },
    tombstoneRetentionDays: 365,
    ledgerEpoch: '5f0c8d3e-0000-4000-8000-000000000000',
    installationId: '5f0c8d3e-0000-4000-8000-000000000001',
    refusalStatus,
    ...settings,
  })
  return {
    operations,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
