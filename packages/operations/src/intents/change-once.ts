import type { Transaction } from '@idem/database/prisma'
import type { Intent } from '@idem/idempotency'
import { changeTodo, type TodoChange } from '@idem/todos/change-todo'
import { type StoredAnswer, storedAnswer } from '../answers/stored-answer.ts'
import { toRefusal } from '../answers/to-refusal.ts'
import { inTurnOf } from '../limits/in-turn.ts'
import type { Services } from './services.ts'
import { type WithoutKey, withoutKey } from './without-key.ts'

type Change<Value> = Omit<WithoutKey<Value>, 'effect'> & {
  /** Undefined for a call without a key. */
  readonly intent: Intent | undefined
  readonly parse: (value: unknown) => Value
  readonly change: TodoChange<Value>
}

/**
 * Changes a todo once per key. Concurrent changes share a batch; an attempt that its batch leaves out
 * runs alone, where attempts on one todo take turns.
 *
 * @throws RefusalError
 */
export async function changeOnce<Value>(
  services: Services,
  work: Change<Value>,
): Promise<StoredAnswer<Value>> {
  const { intent, caller, id, parse } = work
  const change: TodoChange<Value> = (existing, now) => {
    const decided = work.change(existing, now)
    return { ...decided, answer: parse(decided.answer) }
  }
  const draft = { owner: caller.owner, id, change }
  const effect = (tx: Transaction) => changeTodo(tx, draft, change, services.now())
  if (intent === undefined) return withoutKey(services, { ...work, effect })
  const options = {
    signal: caller.signal,
    inTurn: <R>(attempt: () => Promise<R>) => inTurnOf(services, work, attempt),
  }
  try {
    return storedAnswer(await services.changeInBatch(intent, draft, effect, options))
  } catch (error) {
    throw toRefusal(error, { isRepeatable: true })
  }
}
