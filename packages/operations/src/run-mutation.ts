import type { MutationAnswer, MutationInput, MutationName } from '@idem/contract/operations'
import type { RefusalError } from '@idem/contract/refusal'
import type { Answer } from '@idem/idempotency'
import { mintKey } from '@idem/idempotency/server'
import { changeTodo } from '@idem/todos/change-todo'
import type { TodoDraft, TodoMutation } from '@idem/todos/todo'
import type { Call, Caller } from './call.ts'
import { inTodoTurn } from './limits.ts'
import { type AnyMutation, mutations } from './mutations.ts'
import type { Services } from './services.ts'

export type Mutations = {
  readonly [Name in MutationName]: (
    caller: Caller,
    call: Call<MutationInput<Name>>,
  ) => Promise<Answer<MutationAnswer<Name>>>
}

/** Each mutation once, for both APIs. */
export function createMutations(services: Services): Mutations {
  const entries = Object.entries(mutations).map(([operation, mutation]) => [
    operation,
    runnerOf(services, operation, mutation),
  ])
  // `Object.fromEntries` forgets which name belongs to which mutation.
  return Object.fromEntries(entries) as Mutations
}

/**
 * One intent: concurrent attempts share a batch, and an attempt that its batch leaves out runs alone. There,
 * attempts on one todo take turns.
 */
function runnerOf(services: Services, operation: string, mutation: AnyMutation) {
  const { idempotency, changeInBatch, batchPool: pool, onFailedBatch, now } = services
  const inOwnBatch =
    mutation.batch && idempotency.batched({ ...mutation.batch, operation, pool, onFailedBatch })

  return function runMutation(caller: Caller, { key, input, arrived }: Call<{ id?: string }>) {
    const { owner, signal } = caller
    const intent = { owner, operation, key, input: arrived }
    const id = input.id ?? mintKey(now)
    const refusal = mutation.refuse?.(input as never, services)
    const draft: TodoDraft = {
      owner,
      id,
      isNew: input.id === undefined,
      input: input.id === undefined ? { ...input, id } : input,
      mutation: refusal === undefined ? mutation : refusing(mutation, refusal),
    }
    const inBatch = (refusal === undefined ? inOwnBatch : undefined) ?? changeInBatch
    return inBatch(intent, draft, (tx, { key }) => changeTodo(tx, draft, { key, now: now() }), {
      signal,
      inTurn: (attempt) => inTodoTurn(services, { caller, id }, attempt),
    })
  }
}

function refusing({ answer }: AnyMutation, refusal: RefusalError): TodoMutation {
  return {
    answer,
    rule() {
      throw refusal
    },
  }
}
