import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import type { IdempotencyAdapter } from './adapter.ts'
import type { Answer } from './answer.ts'
import { batchPool } from './batch/batch-pool.ts'
import type {
  BatchChange,
  BatchEffect,
  BatchPool,
  FailedBatch,
  Shards,
  WhenTaken,
} from './batch/batch-settings.ts'
import { createIdempotency, type IdempotencyOptions } from './create-idempotency.ts'
import type { Intent } from './intent.ts'
import { pgAdapter } from './pg/pg-adapter.ts'
import { guardPool } from './pg/pool/pool-guard.ts'
import type { CallerSignal } from './records/claim.ts'
import type { Effect } from './run/run.ts'

/** The effects below insert one row into `effect`, a table without a unique constraint. */
export type Inserted = { readonly name: string }

export class Declined extends Error {}

/** The error that every attempt gets for a `Declined`. */
class StoredDecline extends Error {
  readonly stored: unknown

  constructor(stored: unknown) {
    super('declined')
    this.stored = stored
  }
}

export type World = Awaited<ReturnType<typeof createWorld>>

/** A role whose name is not a schema, and whose search path contains none of the tables. */
const role = 'idem_plain_role'

/**
 * A database of its own, with the tables in their schema and only the rights
 * that a server needs, and as many servers as a test asks for.
 */
export async function createWorld() {
  const database = await scratchDatabase()
  const admin = adminPool(database.url)
  await admin.query(`
    do $$ begin
      create role ${role} nologin;
    exception when duplicate_object or unique_violation then null;
    end $$;
    create table public.effect (name text not null check (name <> $$poison$$));
    create table public.counter (name text primary key, value int not null check (value <> 13));
    grant usage on schema idem to ${role};
    grant select, insert, update, delete on idem.idempotency_record, public.effect, public.counter to ${role};
    grant select, insert, update on idem.installation to ${role}`)
  const closing: (() => Promise<void>)[] = [() => admin.end()]

  function openPool(settings: pg.PoolConfig = {}): pg.Pool {
    const options = `-c role=${role}`
    const pool = guardPool(new pg.Pool({ connectionString: database.url, options, ...settings }))
    pool.on('error', () => undefined)
    closing.push(() => pool.end())
    return pool
  }

  function newServer(settings: ServerSettings = {}) {
    const {
      transact = (transaction) => transaction,
      rerun = true,
      partsLockTimeoutMs,
      decidesTaken = true,
      shards,
      ...options
    } = settings
    const pool = openPool()
    const lanes = batchPool(
      ({ max, lockTimeoutMs }) =>
        openPool({
          max,
          lock_timeout: (max === 1 ? partsLockTimeoutMs : undefined) ?? lockTimeoutMs,
        }),
      { shards },
    )
    const failed: FailedBatch[] = []
    const adapter = pgAdapter(pool)
    const idempotency = createIdempotency({
      adapter: { ...adapter, transaction: transact(adapter.transaction) },
      ...(rerun === 'default' ? {} : { rerun }),
      storeError: (error) => (error instanceof Declined ? { code: error.message } : undefined),
      errorStatus: () => 409,
      restoreError: (stored) => new StoredDecline(stored),
      ...options,
    })
    const batched = idempotency.batched<Inserted>({
      ...batchEffect,
      whenTaken: decidesTaken ? whenTaken : undefined,
      pool: lanes,
      operation: 'make',
      onFailedBatch: (each) => failed.push(each),
    })
    const counted = idempotency.batchedChange<Addition>({
      ...counterChange,
      pool: lanes,
      name: 'count',
      onFailedBatch: (each) => failed.push(each),
    })
    return {
      pool,
      batchPool: lanes.pools.batches,
      partsPool: lanes.pools.parts,
      /** Sends the statements of batches; a test may replace its `query`. */
      lanes: lanes as BatchPool,
      /** The statements of batches that failed, parts included. */
      failed,
      idempotency,
      run: async (
        intent: SentIntent,
        effect: Effect<pg.PoolClient, unknown> = make(`${intent.key}`),
        signal?: CallerSignal,
      ) => idempotency.run(whole(intent), effect, { signal }),
      batched: async (
        intent: SentIntent,
        draft = { name: `${intent.key}` },
        signal?: CallerSignal,
      ) => batched(whole(intent), draft, make(draft.name), { signal }),
      /** Adds to a counter; declines when there is none. */
      count: async (intent: SentIntent, addition: Addition, signal?: CallerSignal) => {
        const named = whole({ operation: 'count', input: addition, ...intent })
        return counted(named, addition, addAlone(addition), { signal })
      },
    }
  }

  return {
    url: database.url,
    admin,
    openPool,
    newServer,
    async addCounter(name: string, value = 0): Promise<void> {
      await admin.query('insert into counter values ($1, $2)', [name, value])
    },
    async counter(name: string): Promise<number> {
      return (await admin.query('select value from counter where name = $1', [name])).rows[0].value
    },
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

export type Transaction = IdempotencyAdapter<pg.PoolClient>['transaction']

export type Wrap = (transaction: Transaction) => Transaction

type ServerSettings = Pick<
  IdempotencyOptions<pg.PoolClient>,
  | 'schema'
  | 'retentionHours'
  | 'waitMs'
  | 'serializer'
  | 'onAttempt'
  | 'tracer'
  | 'clock'
  | 'restoreError'
> & {
  transact?: Wrap
  /** True by default; `default` uses the default of the package. */
  rerun?: boolean | 'default'
  /** False: an attempt whose effect exists runs alone. */
  decidesTaken?: boolean
  /** Batches as on tables that are distributed by owner. */
  shards?: Shards
  /** On a busy machine even locks within the database take longer than the usual 5 ms. */
  partsLockTimeoutMs?: number
}

/** Connections of the owner of the database, who needs no schema for the tables. */
export function adminPool(url: string, max = 2): pg.Pool {
  const options = '-c search_path=idem,public'
  const pool = guardPool(new pg.Pool({ connectionString: url, max, options }))
  pool.on('error', () => undefined)
  return pool
}

export const make = (name: string) => async (tx: pg.PoolClient) => {
  await tx.query('insert into effect values ($1)', [name])
  return { made: name }
}

export function textsOf(answers: readonly Answer<unknown>[]): Set<string> {
  return new Set(answers.map(({ text }) => text))
}

export function executed(answers: readonly Answer<unknown>[]): number {
  return answers.filter(({ replayed }) => !replayed).length
}

type SentIntent = Partial<Intent> & { readonly key: string | undefined }

function whole(intent: SentIntent): Intent {
  return { owner: 'ann', operation: 'make', input: { title: 'Buy milk' }, ...intent }
}

/** SQL: the tables of the tests have no owner. */
function storedIn(table: string, value: string): string {
  return `select name, (${value})::text from ${table} where name = any($2::text[]) and $1::text[] is not null`
}

const batchEffect: BatchEffect<Inserted> = {
  columns: { name: 'text' },
  prepare: ({ name }) => ({ row: { name }, answer: { made: name }, identity: name }),
  taken: 'exists (select from effect where effect.name = attempt.name)',
  insert: 'insert into effect (name) select name from executed',
  distributed: {
    stored: { by: 'name', text: storedIn('effect', 'to_json(name)') },
    effect: { into: 'insert into effect (name)', row: (column) => `(${column('name')})` },
  },
}

const whenTaken: WhenTaken<Inserted> = {
  existing: 'to_json(attempt.name)::text',
  answer({ name }, existing) {
    if (name === 'declined') throw new Declined('taken')
    if (name === 'broken') throw new TypeError('broken')
    return { made: existing }
  },
}

export type Addition = {
  readonly name: string
  readonly add: number
  /** A column that the change forgets. */
  readonly forgets?: 'value'
}

function added({ add }: Addition, existing: number | null) {
  if (existing === null) throw new Declined('missing')
  return { value: existing + add }
}

const addAlone = (addition: Addition) => async (tx: pg.PoolClient) => {
  const { name } = addition
  const { rows } = await tx.query('select value from counter where name = $1 for update', [name])
  const answer = added(addition, rows[0]?.value ?? null)
  await tx.query('update counter set value = $2 where name = $1', [name, answer.value])
  return answer
}

const update = `update counter set value = executed.value from executed
    where counter.name = executed.name`

const counterChange: BatchChange<Addition> = {
  columns: { name: 'text', read: 'float8', value: 'float8' },
  find: ({ name }) => ({ row: { name }, identity: name }),
  existing: '(select value::text from counter where counter.name = attempt.name)',
  change(addition, existing) {
    const read = existing as number | null
    const answer = added(addition, read)
    if (addition.add === 0) return { answer }
    return { answer, row: { read, ...(addition.forgets === 'value' ? {} : answer) } }
  },
  // Attempts named `slow` give another transaction time to commit after the statement began.
  unchanged: `(attempt.name <> 'slow' or pg_sleep(0.5) is not null) and coalesce((select true from counter where counter.name = attempt.name
    and counter.value = attempt.read limit 1 for no key update skip locked), false)`,
  update,
  distributed: {
    stored: { by: 'name', text: storedIn('counter', 'value') },
    effect: { update: `${update} and counter.value = executed.read` },
  },
}

/** Counts the messages of the clients that the pool connects from now on, by their answers. */
export function messagesOf(pool: pg.Pool) {
  let answered = 0
  pool.on('connect', (client) => {
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
    connection.on('readyForQuery', () => {
      answered += 1
    })
  })
  return {
    take(): number {
      const count = answered
      answered = 0
      return count
    },
  }
}
