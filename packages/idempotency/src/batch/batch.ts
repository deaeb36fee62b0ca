import { isOutsideWindow } from '../records/key-policy.ts'
import type { Outcome } from '../records/outcome.ts'
import type { Claim } from '../records/records.ts'
import { mintedMs } from '../records/time-ordered-key.ts'
import { type Trouble, troubleOf } from '../run/sql-state.ts'
import { firstOfEach, type Member, settleOne, type Unsettled } from './batch-member.ts'
import { createBatchStatement } from './batch-parameters.ts'
import type { BatchSettings, FailedBatch, Lane, Prepared } from './batch-settings.ts'
import { createParts } from './parts.ts'
import { RecentNames } from './recent-names.ts'

/**
 * While one batch is written to the disk the next is on its way, so neither the
 * database nor this process waits for the other. More brought nothing.
 */
export const batchesAtOnce = 2

/** For connections of the lane `batches`: a duplicate in another process is usually committed by then, and all others of the batch wait as long. */
export const batchLockTimeoutMs = 10

/** For the lane `parts`: it is known that a key is held, so only which one it is has to be found out. */
export const partsLockTimeoutMs = 2

/** More than this and the statement's own time is felt by the first in the batch. */
const mostInBatch = 128

/** Enough for every id that a client tries again and again; 10 s later one batch more leaves it out. */
const taken = { most: 1_000, keptMs: 10_000 }

type Needs = {
  readonly codeOf: (error: unknown) => string | undefined
  /** Keys that were held a moment ago; shared with what makes the attempts that come back as `held`. */
  readonly held: RecentNames
}

/**
 * The batch form: attempts that arrive while one batch runs make up the next,
 * and each batch claims, makes and stores in one autocommitted statement: one
 * commit for many.
 *
 * Resolves with the outcome, or with why the general form has to judge. A batch
 * is never retried as one: a failed one is split into parts, on a connection of
 * its own, until what fails is alone, so neither a slow duplicate nor a row that
 * cannot be inserted holds up the others or makes them transactions of one.
 */
export function createBatch<Draft>(
  settings: BatchSettings<Draft>,
  { codeOf, held }: Needs,
): (claim: Claim, draft: Draft) => Promise<Outcome | Unsettled> {
  const statementOf = createBatchStatement(settings)
  const takenIdentities = new RecentNames(taken)
  const parts = createParts((members) => send(members, 'parts'))
  const waiting: Member[] = []
  let running = 0
  let underWay = 0

  async function run(): Promise<void> {
    running += 1
    // One turn of the event loop, so that attempts read from other sockets in it come along.
    await new Promise(setImmediate)
    while (waiting.length > 0 && (running === 1 || isWorthASecond())) {
      const members = waiting.splice(0, mostInBatch)
      const { batch, rest } = firstOfEach(members)
      underWay += members.length
      await send(batch, 'batches')
      underWay -= members.length
      // Not earlier: their transactions would race the batch for the same id, and one of them fail it.
      for (const { settle } of rest) settle('left_out')
    }
    running -= 1
  }

  /** Only when it is no smaller than the first, or batches would wear down to one attempt each. */
  function isWorthASecond(): boolean {
    return waiting.length >= underWay
  }

  /** Never rejects: each member is settled, failed, or in a part that waits to be sent. */
  async function send(batch: readonly Member[], lane: Lane): Promise<void> {
    if (batch.length === 0) return
    try {
      for (const row of await settings.query(statementOf(batch), lane)) settleOne(batch, row)
    } catch (error) {
      afterFailure(batch, codeOf(error))
      return
    }
    // For what is settled already this says nothing more; the rest was left out by the statement.
    for (const { settle } of batch) settle('left_out')
  }

  function afterFailure(batch: readonly Member[], code: string | undefined): void {
    report(settings, { size: batch.length, sqlState: code ?? 'unknown' })
    const trouble = troubleOf(code, true)
    if (splittable.has(trouble) && batch.length > 1) {
      parts.add(batch)
      return
    }
    const reason = reasons[trouble] ?? 'left_out'
    for (const { claim, settle } of batch) {
      if (reason === 'held') held.add(claim.owner, claim.key)
      settle(reason)
    }
  }

  /** Why it must not join a batch; what is only likely is good enough, for the general form judges all alike. */
  function obstacle({ owner, key }: Claim, { identity }: Prepared): Unsettled | undefined {
    if (held.has(owner, key)) return 'held'
    if (identity !== undefined && takenIdentities.has(owner, identity)) return 'left_out'
    return isOutsideWindow(mintedMs(key), settings.policy, settings.now()) ? 'left_out' : undefined
  }

  return async function join(claim, draft) {
    const prepared = settings.effect.prepare(draft, settings.now())
    const text = JSON.stringify(settings.answer.parse(prepared.answer))
    const reason = obstacle(claim, prepared)
    if (reason !== undefined) return reason
    const outcome = await new Promise<Outcome | Unsettled>((settle, fail) => {
      waiting.push({ claim, prepared, text, settle, fail })
      if (running === 0 || (running < batchesAtOnce && isWorthASecond())) void run()
    })
    const { identity } = prepared
    if (outcome === 'left_out' && identity !== undefined) takenIdentities.add(claim.owner, identity)
    return outcome
  }
}

/** What one member brought on all: without it the others go through. */
const splittable: ReadonlySet<Trouble> = new Set<Trouble>(['bug', 'waited_too_long', 'rolled_back'])

const reasons: Partial<Record<Trouble, Unsettled>> = {
  waited_too_long: 'held',
  unknown: 'ambiguous',
}

function report<Draft>(
  { operation, onFailedBatch }: BatchSettings<Draft>,
  failed: Omit<FailedBatch, 'operation'>,
): void {
  try {
    onFailedBatch?.({ operation, ...failed })
  } catch (error) {
    process.emitWarning(`A failed batch could not be reported (${Object(error).name}).`)
  }
}
