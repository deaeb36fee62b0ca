import type { IdempotencyAdapter, Query } from './adapter.ts'
import { type Answer, AnswerText } from './answer.ts'
import { createBatch } from './batch/batch.ts'
import type { BatchEffect, BatchSettings } from './batch/batch-settings.ts'
import { RecentNames } from './batch/recent-names.ts'
import type { Intent, KeyName } from './intent.ts'
import { jsonOf, plainJson, type Serializer, textOf } from './json.ts'
import { checkedName } from './records/checked-name.ts'
import { cleanKeys } from './records/clean.ts'
import { fingerprintOf } from './records/fingerprint.ts'
import { keyPolicy } from './records/key-policy.ts'
import type { Outcome } from './records/outcome.ts'
import { cancel, type KeyOutcome, outcomeOf } from './records/outcome-of.ts'
import { type Claim, createRecords } from './records/records.ts'
import { type OnAttempt, reportAttempts } from './reporting/report-attempts.ts'
import type { CallerSignal } from './run/callers.ts'
import { createRunAlone } from './run/run-alone.ts'
import { createSingleFlight } from './run/single-flight.ts'
import { errorOf, type StoredErrorOptions } from './stored-error.ts'

export type IdempotencyOptions<Tx> = StoredErrorOptions & {
  readonly adapter: IdempotencyAdapter<Tx>
  /** The PostgreSQL schema of the tables; `idem` by default. */
  readonly schema?: string | undefined
  /** How long a key and its answer are kept; 24 by default, at least 2. */
  readonly retentionHours?: number | undefined
  /** How long a duplicate waits for the first attempt, in milliseconds; 1,500 by default. */
  readonly waitMs?: number | undefined
  /** For inputs and answers that are no plain JSON. */
  readonly serializer?: Serializer | undefined
  /** May the effect be called again within one attempt, after a rollback? Only when all it does is in the transaction. False by default. */
  readonly rerun?: boolean | undefined
  /** Called with each attempt that has ended, before its caller goes on. What it throws is dropped. */
  readonly onAttempt?: OnAttempt | undefined
  /** The time given to `prepare` of a batched operation; by default this computer's. */
  readonly clock?: (() => Date) | undefined
}

export type RunOptions<T> = {
  /** Parses what the effect gave before it is committed; one that does not fit rolls everything back. */
  readonly parse?: ((value: unknown) => T) | undefined
  /** Instead of the option of the same name. */
  readonly rerun?: boolean | undefined
  /**
   * Of the caller, such as an `AbortSignal`. An attempt for which nobody waits any more is dropped
   * before it begins; what began is finished.
   */
  readonly signal?: CallerSignal | undefined
  /**
   * Called with what makes the attempt in a transaction of its own, when it is not a duplicate of one
   * in progress: for a limit on how many run at once. What it throws is the end of the attempt.
   */
  readonly inTurn?: (<R>(attempt: () => Promise<R>) => Promise<R>) | undefined
}

export type BatchDefinition<Draft> = BatchEffect<Draft> & {
  /** Connections of its own, each statement by itself; see `batchPool` of `/pg`. */
  readonly pool: BatchPool
  readonly operation: string
  readonly parse?: ((answer: unknown) => unknown) | undefined
  /** Called for each statement that failed, a part of a failed one too. What it throws is dropped. */
  readonly onFailedBatch?: BatchSettings<Draft>['onFailedBatch']
}

/** Runs one statement by itself. The prepared statement of its name is kept by the connection. */
export type BatchPool = { readonly query: BatchSettings<unknown>['query'] }

export type CleanOptions = {
  /** Ends it after the batch in progress. */
  readonly signal?: AbortSignal | undefined
  /** After each batch, with the number of records it removed. */
  readonly onBatch?: ((removed: number) => void) | undefined
}

export type Idempotency<Tx> = {
  /**
   * Runs the effect of an intent once and gives every attempt the same answer.
   * Claim, effect and answer are one transaction, committed before this resolves.
   *
   * @throws IdempotencyError when the attempt was neither executed nor replayed
   * @throws what `restoreError` makes of a stored error, or what the effect threw, rolled back
   */
  run<T>(
    intent: Intent,
    effect: (tx: Tx) => Promise<T>,
    options?: RunOptions<T>,
  ): Promise<Answer<T>>
  /**
   * The same promise for a hot operation: concurrent intents share one statement
   * and one commit. An attempt that cannot go with others runs `single` in a
   * transaction of its own. Shares the single-flight of `run`.
   */
  batched<Draft>(
    definition: BatchDefinition<Draft>,
  ): <T>(
    intent: Omit<Intent, 'operation'>,
    draft: Draft,
    single: (tx: Tx) => Promise<T>,
    options?: Pick<RunOptions<T>, 'signal' | 'inTurn'>,
  ) => Promise<Answer<T>>
  /** Asks what became of a key, and changes nothing. `unused` may only mean that an attempt is in progress. */
  outcomeOf(name: KeyName): Promise<KeyOutcome>
  /**
   * Afterwards the key has an answer, or can never have an effect. Waits for an
   * attempt in progress, as another attempt would.
   *
   * @throws IdempotencyError `key_from_future`, and what `run` throws for a database that is away
   */
  cancel(name: KeyName): Promise<KeyOutcome>
  /**
   * Removes the records that are older than the retention, a thousand at a time.
   * Any number of instances may run it at once. A time-ordered key that was
   * removed is refused afterwards, never claimed again.
   */
  clean(options?: CleanOptions): Promise<{ readonly removed: number }>
}

/**
 * A key that was held is likely to be held again when its client comes back,
 * which it does a second later, and again after that. When it is free by then
 * nothing is lost but the batch.
 */
const heldKeys = { most: 1_000, keptMs: 10_000 }

/**
 * One for each process and database, so that duplicates meet here and not in
 * the pool: it holds the single-flight, and what is known of keys that are held.
 *
 * @throws RangeError for an option outside its limits
 */
export function createIdempotency<Tx>(options: IdempotencyOptions<Tx>): Idempotency<Tx> {
  const { adapter, serializer = plainJson, rerun = false, clock = now } = options
  const policy = keyPolicy(options)
  const records = createRecords(policy)
  const held = new RecentNames(heldKeys)
  const singleFlight = reportAttempts(createSingleFlight(), options.onAttempt)
  const answerText = (answer: unknown) => textOf(jsonOf(answer, serializer))
  const runAlone = createRunAlone({ ...options, records, textOf: answerText, rerun }, held)

  function claimOf(intent: Intent, signal: CallerSignal | undefined): Claim {
    const { operation, input } = checkedName(intent)
    const fingerprint = fingerprintOf(operation, serializer.serialize(input))
    return { ...intent, fingerprint, telemetry: {}, callers: [signal] }
  }

  function answerOf<T>(outcome: Outcome): Answer<T> {
    if (outcome.kind === 'refusal') throw errorOf(outcome, options)
    return new AnswerText(outcome, serializer)
  }

  return {
    async run(intent, effect, { parse, rerun: mayRerun, signal, inTurn = atOnce } = {}) {
      const claim = claimOf(intent, signal)
      const work = { effect, parse, rerun: mayRerun }
      return answerOf(await singleFlight(claim, () => inTurn(() => runAlone(claim, work))))
    },

    batched({ pool, operation, parse = unparsed, onFailedBatch, ...effect }) {
      const answer = { parse: (value: unknown) => jsonOf(parse(value), serializer) }
      const query: BatchPool['query'] = (statement, lane) => pool.query(statement, lane)
      const join = createBatch(
        { query, operation, policy, answer, effect, errors: options, now: clock, onFailedBatch },
        { codeOf: (error) => adapter.codeOf(error), held },
      )
      return async (intent, draft, single, { signal, inTurn = atOnce } = {}) => {
        const claim = claimOf({ ...intent, operation }, signal)
        const outcome = await singleFlight(claim, async () => {
          const joined = await join(claim, draft)
          if (typeof joined === 'object') return joined
          const work = { effect: single, parse, ambiguous: joined === 'ambiguous' }
          // What may have been committed is settled whatever else waits.
          return work.ambiguous ? runAlone(claim, work) : inTurn(() => runAlone(claim, work))
        })
        return answerOf(outcome)
      }
    },

    async outcomeOf(name) {
      return outcomeOf({ adapter, records }, checkedName(name))
    },

    async cancel(name) {
      return cancel({ adapter, records }, checkedName(name))
    },

    async clean({ signal, onBatch } = {}) {
      const query: Query = (text, values) =>
        adapter.transaction((_, inTransaction) => inTransaction(text, values))
      return { removed: await cleanKeys({ query, policy, signal, onBatch }) }
    },
  }
}

const now = () => new Date()
const atOnce = <R>(attempt: () => Promise<R>) => attempt()
const unparsed = (value: unknown) => value
