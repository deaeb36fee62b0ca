import type { IdempotencyAdapter, Pipelining, Query, Statement } from '../adapter.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'
import {
  beginWait,
  type Claim,
  expectCallers,
  type Outcome,
  record,
  waited,
} from '../records/claim.ts'
import {
  clockRefusal,
  fromFuture,
  lostRecord,
  mayClaimAtOnce,
  type Records,
  replay,
} from '../records/records.ts'
import { outcomeOfError, type StoredErrorOptions } from '../stored-error.ts'
import { isDatabaseError } from './failure-kind.ts'
import { retryTransaction } from './retry-transaction.ts'
import { effectOf } from './single-flight.ts'

export type RunSettings<Tx> = StoredErrorOptions & {
  readonly adapter: IdempotencyAdapter<Tx>
  readonly records: Records
  /** The text to store for an answer; throws for one that has none. */
  readonly textOf: (answer: unknown) => string
  /** May the effect be called again within one attempt, after a rollback? Only when all it does is in the transaction. */
  readonly rerun: boolean
}

/** `name` has the key of the attempt, also of one that came without: keys for calls to other services derive from it. */
export type Effect<Tx, T> = (tx: Tx, name: KeyName) => Promise<T>

export type Work<Tx> = {
  /** Database work only, and short: it holds the key while other attempts wait. */
  readonly effect: Effect<Tx, unknown>
  /** Parses the result of the effect before the commit: an invalid answer must not have had an effect. */
  readonly parse?: ((answer: unknown) => unknown) | undefined
  /** A batch may have committed the attempt. `effect` was not called for the batch, so a call now is no rerun. */
  readonly ambiguous?: boolean
  /** Instead of the setting of the same name. */
  readonly rerun?: boolean | undefined
}

type Run<Tx> = {
  readonly settings: RunSettings<Tx>
  readonly claim: Claim
  readonly work: Work<Tx>
  /** Called after this attempt has claimed the key, before the effect. */
  readonly onClaim: () => void
  /** Present if the adapter has sent the claim, and the savepoint if there is one, with BEGIN. */
  readonly pipelining: Pipelining | undefined
}

/** Errors of effects that are not the database's, whatever their code. */
const ownErrors = new WeakSet()

/** The key is claimed again when its record vanished between the claim and the look-up: cleaned, or rolled back. */
const mostClaims = 3

/**
 * Runs an attempt alone: claim, effect and stored answer are one transaction of
 * its own.
 *
 * After an ambiguous commit it claims the key again. A look-up would prove
 * nothing: a commit in progress is invisible, but it holds the claim. So either
 * the record exists and is replayed, or the claim is still held and the attempt
 * waits for it, or the claim succeeds, and the first transaction is certainly dead.
 *
 * Resolves with the outcome of the first attempt; rejects with an
 * `IdempotencyError` when nothing was changed, or with the effect's own error.
 */
export async function run<Tx>(
  settings: RunSettings<Tx>,
  claim: Claim,
  work: Work<Tx>,
): Promise<Outcome> {
  const { adapter } = settings
  const { rerun = settings.rerun } = work
  let wasCalled = false
  const codeOf = (error: unknown) => {
    const code = ownErrors.has(Object(error)) ? undefined : adapter.codeOf(error)
    return code === lostRecord ? 'effect_escaped' : code
  }
  const retrying = { adapter: { codeOf }, ambiguous: work.ambiguous === true }

  const outcome = await retryTransaction(retrying, async (attempt) => {
    const { ambiguous, failure, committing, rolledBack } = attempt
    const onClaim = () => {
      claim.claimedAt = performance.now()
      // No other transaction holds the key, so an earlier one that claimed it is dead.
      rolledBack()
      if (wasCalled && !rerun) throw new IdempotencyError('unavailable', { cause: failure })
      wasCalled = true
    }
    // An attempt that may be committed is settled even when its callers have left.
    const expectWaiting = () => (ambiguous ? undefined : expectCallers(claim))
    if (ambiguous) record(claim, { ambiguous })
    expectWaiting()
    let claimed = () => {}
    const opening = () => {
      // The callers may have left while it waited for a connection.
      expectWaiting()
      claimed = beginWait(claim)
      return [...settings.records.openingOf(claim), ...savepointOf(settings)]
    }
    const transaction = adapter.transaction(async (tx, query, pipelining) => {
      if (pipelining === undefined) expectWaiting()
      claimed()
      const parts = { settings, claim, work, onClaim, pipelining }
      const outcome = await claimOrReplay(parts, tx, query)
      committing()
      return outcome
    }, opening)
    return transaction.finally(() => claimed())
  })
  if (outcome instanceof IdempotencyError) throw outcome
  return outcome
}

async function claimOrReplay<Tx>(
  parts: Run<Tx>,
  tx: Tx,
  query: Query,
): Promise<Outcome | IdempotencyError> {
  const { settings, claim, onClaim, pipelining } = parts
  const { records } = settings
  if (pipelining === undefined) await records.limitWaits(query)
  for (let claims = 1; claims <= mostClaims; claims += 1) {
    const sent = claims === 1 ? pipelining?.opened : undefined
    const mayClaim = claims > 1 || mayClaimAtOnce(claim)
    const isClaimed = sent
      ? await records.hasClaimed(query, claim, sent)
      : mayClaim && (await waited(claim, records.claimKey(query, claim)))
    if (isClaimed) {
      onClaim()
      pipelining?.onClaim?.()
      // Not the savepoint before a second claim, to which that would be rolled back.
      if (!sent) for (const { text } of savepointOf(settings)) await query(text, [])
      const outcome = await perform(parts, tx, query)
      const stored = records.storeOf(claim, outcome)
      if (pipelining) pipelining.atCommit(stored)
      else await query(stored.text, stored.values)
      return outcome
    }
    const found = await records.lookUp(query, claim)
    if (found.state === 'found') return replay(found.record, claim)
    if (found.state === 'ahead') {
      // Returned, so that it is stored before it is thrown.
      const refused = [claim.operation, claim.fingerprint, fromFuture]
      if (await records.decideKey(query, claim, refused)) return clockRefusal(found)
    } else if (found.state === 'just_expired' && claim.keyless) {
      // A key that was minted for this attempt has no other attempt in progress.
      throw clockRefusal({ ...found, state: 'expired' })
    } else if (found.state !== 'free') throw clockRefusal(found)
  }
  throw new IdempotencyError('in_flight')
}

/** Only for an error that is stored: any other one rolls back everything. */
function savepointOf<Tx>({ storeError }: RunSettings<Tx>): Statement[] {
  return storeError === undefined ? [] : [{ text: `savepoint ${savepoint}`, values: [] }]
}

/** Nobody else's: an effect that used the name would take it over, and half of its writes would stay. */
const savepoint = '"@idem/idempotency"'

async function perform<Tx>(parts: Run<Tx>, tx: Tx, query: Query): Promise<Outcome> {
  const { settings, claim, work } = parts
  const { adapter, textOf } = settings
  const { effect, parse = unparsed } = work
  try {
    const text = textOf(parse(await effectOf.run(claim, effect, tx, nameOf(claim))))
    // Statements that the effect sent and did not await are executed before the answer is stored.
    const revoked = adapter.revoke?.(tx)
    if (revoked !== undefined) await revoked
    return { kind: 'answer', text, replayed: false }
  } catch (error) {
    // Another branch of the effect may still be running.
    const revoked = adapter.revoke?.(tx)
    const refusal = outcomeOfError(error, settings)
    if (refusal === undefined) {
      if (!(await isDatabaseError(adapter, error, query))) ownErrors.add(Object(error))
      throw error
    }
    await revoked
    // The error is stored; writes of the effect before it declined are undone.
    await query(`rollback to savepoint ${savepoint}`, [])
    return refusal
  }
}

const nameOf = ({ owner, key }: KeyName): KeyName => ({ owner, key })
const unparsed = (answer: unknown) => answer
