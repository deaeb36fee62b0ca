import type { Outcome, Parser, Query, Transact } from './attempt.ts'
import { note, waited } from './attempt-notes.ts'
import type { KeyPolicy } from './key-policy.ts'
import { OnceError } from './once-error.ts'
import { type Claim, claimKey, lookUp, replay, storeOutcome } from './records.ts'
import type { OnAttempt } from './report-attempts.ts'
import { settle } from './settle.ts'

export type OnceSettings<Tx> = {
  readonly transact: Transact<Tx>
  readonly policy: KeyPolicy
  /** What to store for an error by which the domain declines; undefined for any other error, which rolls everything back. */
  readonly refusalFor: (error: unknown) => Refusal | undefined
  /** The SQLSTATE of an error, or the code of Node's socket error; undefined when it is neither. */
  readonly codeOf: (error: unknown) => string | undefined
  /** Told of each attempt that has ended, before its caller is. What it throws is not heard. */
  readonly onAttempt?: OnAttempt
  /** May the effect be called again within one attempt, after a rollback? Only when all it does is in the transaction. False by default. */
  readonly rerun?: boolean
}

/** A refusal is replayed as this text and with this status, also by a release that does not know it. */
export type Refusal = {
  /** JSON. */
  readonly text: string
  readonly status?: number
}

export type Work<Tx> = {
  /** Database work only, and short: it holds the key, and others wait. */
  readonly effect: (tx: Tx) => Promise<unknown>
  /** Parses what the effect gave before it is committed: an answer that does not fit must not have had an effect. */
  readonly answer: Parser
  /** It was tried before in a batch, and may have been committed there. The effect was not called for that, so to call it now is no rerun. */
  readonly doubtful?: boolean
  /** Instead of the setting of the same name. */
  readonly rerun?: boolean
}

type Run<Tx> = {
  readonly settings: OnceSettings<Tx>
  readonly claim: Claim
  readonly work: Work<Tx>
  /** Called when the key is this attempt's, before the effect. */
  readonly onClaim: () => void
}

/** Claim again when the record vanished between the claim and the look-up: cleaned, or rolled back. */
const mostClaims = 3

/**
 * The general form: claim, effect and stored answer are one transaction.
 *
 * After an ambiguous commit the key is claimed again. To look it up would prove
 * nothing: a commit in progress is invisible, but it holds the claim. So either
 * the record is there and is replayed, or the claim is still held and is waited
 * for, or it is obtained, and the first transaction is dead for certain.
 *
 * Resolves with the outcome of the first attempt; rejects with a `OnceError`
 * when nothing was changed, or with the effect's own error.
 */
export async function runOnce<Tx>(
  settings: OnceSettings<Tx>,
  claim: Claim,
  work: Work<Tx>,
): Promise<Outcome> {
  const { rerun = settings.rerun ?? false } = work
  let wasCalled = false

  return settle({ ...settings, doubtful: work.doubtful === true }, (attempt) => {
    const { doubtful, failure, committing, rolledBack } = attempt
    const onClaim = () => {
      // Nobody else holds the key, so an earlier transaction that claimed it is dead.
      rolledBack()
      if (wasCalled && !rerun) throw new OnceError('unavailable', { cause: failure })
      wasCalled = true
    }
    if (doubtful) note(claim, { doubtful })
    return settings.transact(async (tx, query) => {
      const outcome = await claimOrReplay({ settings, claim, work, onClaim }, tx, query)
      committing()
      return outcome
    })
  })
}

async function claimOrReplay<Tx>(
  { settings, claim, work, onClaim }: Run<Tx>,
  tx: Tx,
  query: Query,
): Promise<Outcome> {
  for (let claims = 1; claims <= mostClaims; claims += 1) {
    if (await waited(claim, claimKey(query, claim, settings.policy))) {
      onClaim()
      const outcome = await perform(settings, work, tx, query)
      await storeOutcome(query, claim, outcome)
      return outcome
    }
    const found = await lookUp(query, claim, settings.policy)
    if (found.state === 'found') return replay(found.record, claim)
    if (found.state !== 'free') throw new OnceError(clockRefusals[found.state], found)
  }
  throw new OnceError('in_flight')
}

async function perform<Tx>(
  settings: OnceSettings<Tx>,
  work: Work<Tx>,
  tx: Tx,
  query: Query,
): Promise<Outcome> {
  await query('savepoint effect', [])
  try {
    const answer = work.answer.parse(await work.effect(tx))
    return { kind: 'answer', text: JSON.stringify(answer), replayed: false }
  } catch (error) {
    const refusal = settings.refusalFor(error)
    if (refusal === undefined) throw error
    // The refusal is stored, what the effect did before it declined is not.
    await query('rollback to savepoint effect', [])
    return { kind: 'refusal', ...refusal, replayed: false }
  }
}

const clockRefusals = { expired: 'key_expired', from_future: 'key_from_future' } as const
