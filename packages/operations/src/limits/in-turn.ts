import { IdempotencyError } from '@idem/idempotency'
import type { Caller } from '../intents/call.ts'
import type { Services } from '../intents/services.ts'
import { NoTurnError, type Turns } from './turns.ts'

type Waiting = Pick<Services, 'limits'>

/** Runs work that takes one of the connections for transactions. */
export function inTransactionTurn<T>(
  { limits }: Waiting,
  { from }: Caller,
  attempt: () => Promise<T>,
): Promise<T> {
  return orRefuse('unavailable', limits.transactions.run(attempt, { from }))
}

/**
 * Runs a change of a todo. The todo is held for as long as an attempt waits for a lock, so a change
 * without a turn gets the same refusal.
 */
export function inTurnOf<T>(
  services: Waiting,
  { caller, id }: { readonly caller: Caller; readonly id: string },
  attempt: () => Promise<T>,
): Promise<T> {
  const { owner, from } = caller
  const place = { name: `${owner} ${id.toLowerCase()}`, from }
  const change = () => inTransactionTurn(services, caller, attempt)
  return orRefuse('in_flight', services.limits.changes.run(change, place))
}

export function inReadTurn<T>(turns: Turns, { from }: Caller, read: () => Promise<T>): Promise<T> {
  return orRefuse('unavailable', turns.run(read, { from }))
}

async function orRefuse<T>(code: 'unavailable' | 'in_flight', turn: Promise<T>): Promise<T> {
  try {
    return await turn
  } catch (cause) {
    throw cause instanceof NoTurnError ? new IdempotencyError(code, { cause, began: false }) : cause
  }
}
