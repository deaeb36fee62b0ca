import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import type pg from 'pg'
import type { Attempt, Outcome, Query, Transact } from './attempt.ts'
import { batchesAtOnce, batchLockTimeoutMs, halvesLockTimeoutMs } from './batch.ts'
import type { BatchEffect, FailedBatch } from './batch-settings.ts'
import { createOnce, type Once } from './once.ts'
import type { OnAttempt } from './report-attempts.ts'

/** What the effects below do: one row in `effect`, a table no rule keeps from holding two. */
export type Effect = { readonly name: string }

export class Declined extends Error {}

export type World = Awaited<ReturnType<typeof createWorld>>

/** A database of its own, plain `pg` under it, and as many servers as a test asks for. */
export async function createWorld() {
  const database = await scratchDatabase()
  const admin = createPool({ url: database.url, max: 2 })
  await admin.query('create table effect (name text not null check (name <> $$poison$$))')
  const closing: (() => Promise<void>)[] = [() => admin.end()]

  function newServer(settings: ServerSettings = {}) {
    const pool = createPool({ url: database.url })
    const { url } = database
    const lanes = {
      batches: createPool({ url, max: batchesAtOnce, lockTimeoutMs: batchLockTimeoutMs }),
      halves: createPool({
        url,
        max: 1,
        lockTimeoutMs: settings.halvesLockTimeoutMs ?? halvesLockTimeoutMs,
      }),
    }
    const failed: FailedBatch[] = []
    for (const each of [pool, lanes.batches, lanes.halves]) closing.push(() => each.end())
    const policy = { retentionHours: settings.retentionHours ?? 24 }
    const transact = transactOn(pool)
    const { rerun = true } = settings
    const once: Once<pg.PoolClient> = createOnce({
      transact: settings.transact?.(transact) ?? transact,
      policy,
      codeOf,
      ...(rerun === 'default' ? {} : { rerun }),
      ...(settings.onAttempt === undefined ? {} : { onAttempt: settings.onAttempt }),
      refusalFor: (error) =>
        error instanceof Declined ? { text: JSON.stringify({ code: error.message }) } : undefined,
    })
    const batched = once.onceBatched<Effect>({
      query: async (statement, lane) =>
        (await lanes[lane].query({ ...statement, values: [...statement.values] })).rows,
      operation: 'make',
      effect: batchEffect,
      answer: { parse: (value) => value },
      now: () => new Date(),
      policy,
      onFailedBatch: (each) => failed.push(each),
    })
    return {
      pool,
      batchPool: lanes.batches,
      /** The statements of batches that failed, halves too. */
      failed,
      keys: { transact, policy, codeOf },
      once: (
        attempt: Partial<Attempt> & { key: string },
        effect: (tx: pg.PoolClient) => Promise<unknown> = make(attempt.key),
      ) => once.once({ attempt: whole(attempt), effect, answer: { parse: (value) => value } }),
      onceWith: once.once,
      batched: (attempt: Partial<Attempt> & { key: string }, draft = { name: attempt.key }) =>
        batched({ attempt: whole(attempt), draft, effect: make(draft.name) }),
    }
  }

  return {
    url: database.url,
    admin,
    newServer,
    async effects(name?: string): Promise<number> {
      const { rows } = await admin.query(
        'select count(*)::int as n from effect where $1::text is null or name = $1',
        [name ?? null],
      )
      return rows[0].n
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing.map((close) => close()))
      await database[Symbol.asyncDispose]()
    },
  }
}

type ServerSettings = {
  retentionHours?: number
  transact?: Wrap
  onAttempt?: OnAttempt
  /** True unless a test says otherwise; `default` leaves it to the package. */
  rerun?: boolean | 'default'
  /** On a busy machine even locks within the database take longer than the usual 5 ms. */
  halvesLockTimeoutMs?: number
}

type Wrap = (transact: Transact<pg.PoolClient>) => Transact<pg.PoolClient>

export const make = (name: string) => async (tx: pg.PoolClient) => {
  await tx.query('insert into effect values ($1)', [name])
  return { made: name }
}

export function textsOf(outcomes: readonly Outcome[]): Set<string> {
  return new Set(outcomes.map(({ text }) => text))
}

export function executed(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ replayed }) => !replayed).length
}

function whole(attempt: Partial<Attempt> & { key: string }): Attempt {
  return { owner: 'ann', operation: 'make', input: { title: 'Buy milk' }, ...attempt }
}

// What a project without Prisma writes to use the package: five lines.
function transactOn(pool: pg.Pool): Transact<pg.PoolClient> {
  return async (work) => {
    const client = await pool.connect()
    // A killed connection rejects the statement under way as well; the event alone would end the process.
    client.once('error', () => undefined)
    const query: Query = async (text, values) => (await client.query(text, [...values])).rows
    try {
      await client.query('begin')
      const result = await work(client, query)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  }
}

function codeOf(error: unknown): string | undefined {
  const { code, message } = Object(error)
  if (typeof code === 'string') return code
  return String(message).startsWith('Connection terminated') ? 'connection_lost' : undefined
}

const batchEffect: BatchEffect<Effect> = {
  columns: { name: 'text' },
  prepare: ({ name }) => ({ row: { name }, answer: { made: name }, identity: name }),
  taken: 'exists (select from effect where effect.name = attempt.name)',
  insert: 'insert into effect (name) select name from executed',
}
