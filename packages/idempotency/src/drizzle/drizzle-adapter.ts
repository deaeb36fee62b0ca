import type { IdempotencyAdapter, Pipelining, Query, Statement } from '../adapter.ts'
import { codeIn } from '../pg/errors/code-of.ts'
import { driverStateOf } from '../pg/errors/sql-state-of.ts'
import { guardPool, isPgPool } from '../pg/pool/pool-guard.ts'
import { failure } from '../pg/pool/verify-commit.ts'
import { directConnection } from '../pg/transaction/direct-connection.ts'
import { queryTimeoutMs } from '../pg/transaction/send-together.ts'
import { type PostgresJs, postgresJsTransaction } from './postgres-js-transaction.ts'

/** The part of a Drizzle database on PostgreSQL that the adapter needs. */
export type DrizzleLike<Tx> = {
  transaction<T>(
    work: (tx: Tx) => Promise<T>,
    config?: { readonly isolationLevel?: 'read committed' },
  ): Promise<T>
}

/**
 * Transactions of Drizzle, on a pool of `pg` or on `postgres-js`. The effect gets
 * the transaction that Drizzle passes to `transaction`; `tx.transaction(…)` is a
 * savepoint in it. After the effect it sends nothing more, also through a builder that
 * was made before. A pool of `pg` is guarded from now on.
 *
 * @throws TypeError for a database on anything else, such as a single client of `pg`,
 * which concurrent transactions would share
 */
export function drizzleAdapter<Tx extends object>(db: DrizzleLike<Tx>): IdempotencyAdapter<Tx> {
  const open = transactionsOf(db)
  const revokers = new WeakMap<object, () => void>()

  return {
    codeOf: drizzleCodeOf,
    revoke: (tx) => revokers.get(tx)?.(),
    transaction: (work, opening) =>
      open(opening, async (tx, opened) => {
        // Drizzle uses another client than its `$client`.
        if (opened === undefined) throw new TypeError(unknownClient)
        const { query, pipelining, revoke } = opened
        const isCut = watchNested(tx)
        const end = () => {
          isCut()
          revoke()
        }
        revokers.set(tx, end)
        const result = await work(tx, query, pipelining).finally(end)
        if (isCut()) throw failure('25P02', unawaited)
        return result
      }),
  }
}

/** A transaction of Drizzle. One that is nested in it is another object. */
type Whole = { transaction(work: (part: Whole) => Promise<unknown>): Promise<unknown> }

/**
 * The function it returns is called when the effect has ended, and tells whether a nested
 * transaction was still running: its first writes would be committed, and the others refused.
 */
function watchNested(tx: object): () => boolean {
  let running = 0
  let wasRunning: boolean | undefined

  function watch(whole: Whole): void {
    const nest = whole.transaction.bind(whole)
    whole.transaction = (work) => {
      running += 1
      const nested = nest((part) => {
        watch(part)
        return work(part)
      })
      return nested.finally(() => {
        running -= 1
      })
    }
  }

  // The types of `DrizzleLike` leave open what its transaction has.
  watch(tx as Whole)
  return () => (wasRunning ??= running > 0)
}

type Opened = {
  readonly query: Query
  readonly pipelining?: Pipelining | undefined
  /** Afterwards the connection refuses the statements of Drizzle, except the end of the transaction. */
  readonly revoke: () => void
}

type Open<Tx> = <T>(
  opening: (() => readonly Statement[]) | undefined,
  work: (tx: Tx, opened: Opened | undefined) => Promise<T>,
) => Promise<T>

function transactionsOf<Tx>(db: DrizzleLike<Tx>): Open<Tx> {
  // Missing in the types of some releases.
  const client = '$client' in db ? db.$client : undefined
  if (isPgPool(client)) {
    guardPool(client)
    return (opening, work) => {
      const { run, open, revoke } = directConnection(client, queryTimeoutMs)
      const whole = async (tx: Tx) => {
        const opened = await open(opening)
        return work(tx, opened && { ...opened, revoke })
      }
      return run(() => db.transaction(whole, { isolationLevel: 'read committed' }))
    }
  }
  if (isPostgresJs(client)) {
    return (_, work) => {
      const { begin } = client
      const { isOpen, ...own } = postgresJsTransaction(client, queryTimeoutMs)
      client.begin = own.begin
      try {
        // Drizzle calls it at once.
        return db.transaction(async (tx) => work(tx, isOpen() ? own : undefined))
      } finally {
        client.begin = begin
      }
    }
  }
  throw new TypeError(unknownClient)
}

function isPostgresJs(client: unknown): client is PostgresJs {
  return 'subscribe' in Object(client)
}

/** Drizzle wraps the error of the driver, which is its cause. */
export function drizzleCodeOf(error: unknown): string | undefined {
  return codeIn(error, (each) => {
    const state = driverStateOf(each)
    const [, kind] = postgresJsCode.exec(state ?? '') ?? []
    if (kind === undefined) return state
    return /CLOSED|DESTROYED/.test(kind) ? 'connection_lost' : 'pool_wait'
  })
}

/** The codes that postgres.js names itself; with the last two nothing was sent. */
const postgresJsCode = /^CONNECT(?:ION)?_(CLOSED|DESTROYED|ENDED|TIMEOUT)$/

const unawaited =
  'Nothing was committed because a transaction inside the effect was still running; await everything that an effect starts.'
const unknownClient =
  'drizzleAdapter cannot verify the COMMIT of this client; pass drizzle(new pg.Pool(…)) or drizzle(postgres(…)).'
