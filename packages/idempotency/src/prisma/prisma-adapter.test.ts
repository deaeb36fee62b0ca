import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { type PrismaClientLike, prismaAdapter, type TransactionOptions } from './prisma-adapter.ts'

type FakeTx = { $queryRawUnsafe<T>(text: string, ...values: unknown[]): PromiseLike<T> }

afterEach(() => vi.unstubAllEnvs())

/** The part of Prisma that the adapter uses. */
function fakeClient(answer: (text: string, values: unknown[]) => Promise<unknown>) {
  const opened: (TransactionOptions | undefined)[] = []
  const tx: FakeTx = {
    // Only the adapter knows the type of the rows.
    $queryRawUnsafe: <T>(text: string, ...values: unknown[]) => answer(text, values) as Promise<T>,
  }
  const client: PrismaClientLike<FakeTx> = {
    async $transaction(work, options) {
      opened.push(options)
      return work(tx).catch((error: Error) => {
        // A database that does not respond never answers the ROLLBACK.
        if (error.message === 'Query read timeout') return new Promise<never>(() => {})
        throw error
      })
    },
  }
  return { client, opened }
}

test('a transaction is READ COMMITTED and has limits, and its values are bound', async () => {
  const { client, opened } = fakeClient(async (text, values) => [{ text, values }])
  const rows = await prismaAdapter(client).transaction((_, query) => query('select $1', ['milk']))
  expect(rows).toEqual([{ text: 'select $1', values: ['milk'] }])
  expect(opened).toEqual([{ isolationLevel: 'ReadCommitted', maxWait: 2_000, timeout: 8_000 }])
})

test('the limits of a transaction are options', async () => {
  const { client, opened } = fakeClient(async () => [])
  const { transaction } = prismaAdapter(client, { maxWait: 100, timeout: 20_000 })
  await transaction((_, query) => query('select 1', []))
  expect(opened).toMatchObject([{ maxWait: 100, timeout: 20_000 }])
})

test('in production only $transaction of a client is checked, once', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const { client } = fakeClient(async () => [])
  // Methods of a class, as those of a client.
  const methods = { ...client, $connect() {}, _createPrismaPromise: () => 'call' }
  const checked: typeof methods = Object.create(methods)
  const { _createPrismaPromise } = checked
  const adapter = prismaAdapter(checked)
  const { $transaction } = checked
  prismaAdapter(checked)
  expect(checked.$transaction).toBe($transaction)
  expect(checked._createPrismaPromise).toBe(_createPrismaPromise)
  const nested = adapter.transaction(() => checked.$transaction(async () => 'escaped'))
  await expect(nested).rejects.toThrow('inside an effect, outside the transaction')
  expect(await checked.$transaction(async () => 'outside')).toBe('outside')
})

test('a statement that is not answered in time rejects, although its ROLLBACK is never answered', async () => {
  const timedOut = new Error('Query read timeout')
  const { client } = fakeClient(() => Promise.reject(timedOut))
  const sent = prismaAdapter(client).transaction((_, query) => query('select 1', []))
  await expect(Promise.race([sent, pause(1_000)])).rejects.toBe(timedOut)
})

test('any other error is the one that Prisma gives after the rollback', async () => {
  const sour = new Error('The milk is sour.')
  const { client } = fakeClient(() => Promise.reject(sour))
  const { transaction } = prismaAdapter(client)
  await expect(transaction((_, query) => query('select 1', []))).rejects.toBe(sour)
})
