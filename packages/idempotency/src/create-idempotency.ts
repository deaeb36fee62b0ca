import type { IdempotencyAdapter, Query } from './adapter.ts'
import { type Answer, answerOf } from './answer.ts'
import type { BatchChange, BatchEffect, BatchPool, BatchSettings } from './batch/batch-settings.ts'
import { adviceWithoutKey, IdempotencyError } from './idempotency-error.ts'
import { checkedName, type Intent, type KeyName, mintKey } from './intent.ts'
import { fingerprintOf, jsonOf, jsonOfInput, plainJson, type Serializer, textOf } from './json.ts'
import type { CallerSignal, Claim, Outcome } from './records/claim.ts'
import { cleanKeys } from './records/clean.ts'
import { keyPolicy } from './records/key-policy.ts'
import { createRecords } from './records/records.ts'
import { type OnAttempt, reportAttempts, type Tracer } from './reporting/report-attempts.ts'
import { explainMissingTable } from './run/failure-kind.ts'
import { cancel, type KeyState, readKeyState } from './run/key-state.ts'
import type { Effect } from './run/run.ts'
import { createRunAlone } from './run/run-alone.ts'
import { createSingleFlight, effectOf, HeldKeys } from './run/single-flight.ts'
import { errorOf, type StoredErrorOptions } from './stored-error.ts'

export type IdempotencyOptions<Tx> = StoredErrorOptions & {
  readonly adapter: IdempotencyAdapter<Tx>
  /** The PostgreSQL schema of the tables; `idem` by default. */
  readonly schema?: string | undefined
  /** How long a key and its answer are kept; 24 by default, at least 2. */
  readonly retentionHours?: number | undefined
  /** How long a duplicate waits for the first attempt, in milliseconds; 1,500 by default. */
  readonly waitMs?: number | undefined
  /** For inputs and answers that are not plain JSON. */
  readonly serializer?: Serializer | undefined
  /** Whether the effect may be called again within one attempt, after a rollback. Only for effects that do nothing outside the transaction. False by default. */
  readonly rerun?: boolean | undefined
  /** OpenTelemetry's: each attempt is a span `idempotent <operation>`, and what its effect sends is below it. */
  readonly tracer?: Tracer | undefined
  /** Called with each attempt that has ended, before its caller continues. An error that it throws is ignored. */
  readonly onAttempt?: OnAttempt | undefined
  /**
   * The clock of the database. It gives the time to `prepare` and `change` of a batched operation, by default that
   * of this computer, and to the keys of attempts without one, which are opaque by default.
   */
  readonly clock?: (() => Date) | undefined
}

export type RunOptions<T> = {
  /** Parses the result of the effect before the commit; an error rolls everything back. */
  readonly parse?: ((value: unknown) => T) | undefined
  /** Instead of the option of the same name. */
  readonly rerun?: boolean | undefined
  /**
   * The caller's, such as an `AbortSignal`. An attempt without a waiting caller is dropped
   * before it begins; an attempt that has begun is completed.
   */
  readonly signal?: CallerSignal | undefined
  /**
   * Called with the function that runs the attempt alone, unless the attempt is a duplicate of one
   * in progress: to limit how many run at once. An error that it throws ends the attempt.
   */
  readonly inTurn?: (<R>(attempt: () => Promise<R>) => Promise<R>) | undefined
}

export type BatchDefinition<Draft> = BatchEffect<Draft> &
  BatchOptions<Draft> & { readonly operation: string }

export type BatchChangeDefinition<Draft> = BatchChange<Draft> &
  BatchOptions<Draft> & {
    /** Names the operations together when a statement fails. On one pool no operation of `batched` has the same name. */
    readonly name: string
  }

type BatchOptions<Draft> = {
  /** Its own connections, and the implementation. See `batchPool` of `/batch`. */
  readonly pool: BatchPool
  /** Parses each answer before the commit; an error rolls everything back. */
  readonly parse?: ((answer: unknown) => unknown) | undefined
  /** Called for each failed statement, also for a part of a batch. An error that it throws is ignored. */
  readonly onFailedBatch?: BatchSettings<Draft>['onFailedBatch']
}

/** Keeps the promise of `run`, in a batch where possible. `effect` is the form of an attempt that runs alone. */
export type Batched<Tx, Draft, BatchIntent = Intent> = <T>(
  intent: BatchIntent,
  draft: Draft,
  effect: Effect<Tx, T>,
  options?: Pick<RunOptions<T>, 'signal' | 'inTurn'>,
) => Promise<Answer<T>>

/** An attempt of a wrapped operation. */
export type Call<Input> = Omit<Intent, 'operation' | 'input'> &
  (undefined extends Input ? { readonly input?: Input } : { readonly input: Input })

export type CleanOptions = {
  /** Ends it after the batch in progress. */
  readonly signal?: AbortSignal | undefined
  /** After each batch, with the number of records it removed. */
  readonly onBatch?: ((removed: number) => void) | undefined
}

export type Idempotency<Tx> = {
  /** How long a key and its answer are kept. */
  readonly retentionHours: number
  /**
   * Runs the effect of an intent once and gives every attempt the same answer.
   * Claim, effect and answer are one transaction, committed before this resolves.
   *
   * @throws IdempotencyError when the attempt was neither executed nor replayed
   * @throws the error that `restoreError` returns for a stored one, or the effect's own after a rollback
   */
  run<T>(intent: Intent, effect: Effect<Tx, T>, options?: RunOptions<T>): Promise<Answer<T>>
  /**
   * The function of an operation: `const placeOrder = idempotency.wrap('placeOrder', effect)` once, and
   * `placeOrder({ owner, key, input })` for each attempt. The effect gets the input.
   */
  wrap<Input, T>(
    operation: string,
    effect: (tx: Tx, input: Input, name: KeyName) => Promise<T>,
    options?: RunOptions<T>,
  ): (call: Call<Input>, options?: RunOptions<T>) => Promise<Answer<T>>
  /**
   * The promise of `run` for a hot operation: concurrent intents share one statement
   * and one commit. An attempt that its batch cannot settle runs alone: `effect` in
   * a transaction of its own. Shares the single-flight of `run`.
   */
  batched<Draft>(definition: BatchDefinition<Draft>): Batched<Tx, Draft, Omit<Intent, 'operation'>>

  /**
   * The promise of `run` for operations that change what is stored. Two statements for many
   * intents: one reads, the other makes each change whose row is still as it was
   * read, and stores the answers. An attempt whose row changed in between, or is
   * locked, runs alone. Operations on the same rows should share one definition.
   */
  batchedChange<Draft>(definition: BatchChangeDefinition<Draft>): Batched<Tx, Draft>
  /** Returns the state of a key, and changes nothing. `unused` may only mean that an attempt is in progress. */
  outcomeOf(name: KeyName): Promise<KeyState>
  /**
   * Afterwards the key has an answer, or can never have an effect. Waits for an
   * attempt in progress, as another attempt would.
   *
   * @throws IdempotencyError `key_from_future` for a key more than a day ahead, and the errors of `run`
   * when the database is unavailable
   */
  cancel(name: KeyName): Promise<KeyState>
  /**
   * Removes the records that are older than the retention, a thousand at a time.
   * Any number of instances may run it at once. A time-ordered key that was
   * removed is refused afterwards, never claimed again.
   */
  clean(options?: CleanOptions): Promise<{ readonly removed: number }>
}

/**
 * Create one for each process and database, so that duplicates meet in its
 * single-flight and not in the pool. It also remembers keys that are held.
 *
 * @throws RangeError for an option outside its limits
 */
export function createIdempotency<Tx>(options: IdempotencyOptions<Tx>): Idempotency<Tx> {
  const { adapter, serializer = plainJson, rerun = false, clock } = options
  const policy = keyPolicy(options)
  const records = createRecords(policy)
  const held = new HeldKeys()
  const flight = reportAttempts(createSingleFlight(policy.waitMs), options)
  const answerText = (answer: unknown) => textOf(jsonOf(answer, serializer))
  const runAlone = createRunAlone({ ...options, records, textOf: answerText, rerun }, held)

  function claimOf(intent: Intent, signal: CallerSignal | undefined, time = clock): Claim {
    const { operation, input } = intent
    const keyless = intent.key === undefined
    const { owner, key } = checkedName({
      owner: intent.owner,
      key: keyless ? mintKey(time) : intent.key,
    })
    const fingerprint = fingerprintOf(operation, jsonOfInput(input, serializer))
    const callers = [signal]
    return {
      owner,
      key,
      keyless,
      operation,
      fingerprint,
      telemetry: {},
      callers,
      claimedAt: undefined,
      around: effectOf.getStore(),
    }
  }

  /** Nothing has begun under a minted key that is refused for its time: the clock was wrong, and the database's is in the refusal. */
  async function settled(
    intent: Intent,
    signal: CallerSignal | undefined,
    attempt: (claim: Claim) => Promise<Outcome>,
  ): Promise<Outcome> {
    const claim = claimOf(intent, signal)
    if (!claim.keyless) return flight(claim, () => attempt(claim))
    const alone = (claim: Claim) => flight(claim, () => withoutKey(() => attempt(claim)))
    try {
      return await alone(claim)
    } catch (error) {
      const time = error instanceof IdempotencyError ? error.serverTime : undefined
      if (time === undefined) throw error
      return alone(claimOf(intent, signal, () => new Date(time)))
    }
  }

  function answered<T>(outcome: Outcome): Answer<T> {
    if (outcome.kind === 'refusal') throw errorOf(outcome, options)
    return answerOf(outcome, serializer)
  }

  function inBatches<Draft>(
    { pool, name, parse = unparsed, onFailedBatch }: BatchOptions<Draft> & { name: string },
    definition: BatchEffect<Draft> | BatchChange<Draft>,
  ): Batched<Tx, Draft> {
    const join = pool.createBatch({
      pool,
      definition,
      name,
      policy,
      toJson: (answer) => jsonOf(parse(answer), serializer),
      errors: options,
      codeOf: (error) => adapter.codeOf(error),
      held,
      now: clock ?? now,
      onFailedBatch,
    })
    return async (intent, draft, alone, { signal, inTurn = atOnce } = {}) => {
      const outcome = await settled(intent, signal, async (claim) => {
        const joined = await join(claim, draft)
        if (typeof joined === 'object') return joined
        const work = { effect: alone, parse, ambiguous: joined === 'ambiguous' }
        const attempt = () => runAlone(claim, work)
        if (!work.ambiguous) return inTurn(attempt)
        // An attempt that may be committed is settled without waiting in turn, unless its node is one of several:
        // if that is silent, all attempts of its batches would take the connections of the others.
        return pool.shards === undefined ? attempt() : inTurn(attempt).catch(stillUnknown)
      })
      return answered(outcome)
    }
  }

  async function run<T>(
    intent: Intent,
    effect: Effect<Tx, T>,
    { parse, rerun: mayRerun, signal, inTurn = atOnce }: RunOptions<T> = {},
  ): Promise<Answer<T>> {
    const work = { effect, parse, rerun: mayRerun }
    const attempt = (claim: Claim) => inTurn(() => runAlone(claim, work))
    return answered(await settled(intent, signal, attempt))
  }

  return {
    retentionHours: policy.retentionHours,
    run,

    wrap<Input, T>(
      operation: string,
      effect: (tx: Tx, input: Input, name: KeyName) => Promise<T>,
      options?: RunOptions<T>,
    ) {
      return ({ owner, key, input }: Call<Input>, more?: RunOptions<T>) =>
        // The type of the call makes an input optional only for an effect that takes none.
        run({ owner, key, operation, input }, (tx, name) => effect(tx, input as Input, name), {
          ...options,
          ...more,
        })
    },

    batched({ operation, ...definition }) {
      const run = inBatches({ ...definition, name: operation }, definition)
      return (intent, ...call) => run({ ...intent, operation }, ...call)
    },

    batchedChange(definition) {
      return inBatches(definition, definition)
    },

    async outcomeOf(name) {
      return readKeyState({ adapter, records }, checkedName(name))
    },

    async cancel(name) {
      return cancel({ adapter, records }, checkedName(name))
    },

    async clean({ signal, onBatch } = {}) {
      const query: Query = (text, values) =>
        adapter.transaction((_, inTransaction) => inTransaction(text, values))
      try {
        return { removed: await cleanKeys({ query, policy, signal, onBatch }) }
      } catch (error) {
        throw explainMissingTable(error, adapter.codeOf(error))
      }
    },
  }
}

async function withoutKey<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw adviceWithoutKey(error)
  }
}

/** A turn was refused to an attempt that its batch may have committed. */
function stillUnknown(error: unknown): never {
  const isRefused = error instanceof IdempotencyError && !error.began
  throw isRefused ? new IdempotencyError(error.code, { cause: error, ambiguous: true }) : error
}

const now = () => new Date()
const atOnce = <R>(attempt: () => Promise<R>) => attempt()
const unparsed = (value: unknown) => value
