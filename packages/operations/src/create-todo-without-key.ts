import type { CreateTodoInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { createTodo } from '@idem/todos/create-todo'
import { v7 as uuidv7 } from 'uuid'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Caller } from './intents/call.ts'
import { isPurgeable, refusePurgeable } from './intents/purgeable-id.ts'
import type { Services } from './intents/services.ts'
import { withoutKey } from './intents/without-key.ts'

/**
 * Two requests create two todos. One request creates one: the id is minted before the first try, so a
 * try after an ambiguous commit finds the todo of that id instead of creating another.
 */
export function createTodoWithoutKey(services: Services) {
  return async function createTodoWithoutKey(
    caller: Caller,
    { title, id }: Omit<CreateTodoInput, 'idempotencyKey'>,
  ): Promise<StoredAnswer<Todo>> {
    if (id !== undefined && isPurgeable(services, id)) return refusePurgeable()
    const draft = { owner: caller.owner, title, id: id ?? uuidv7(), key: null }
    let created: Todo | undefined
    const effect = async (tx: Transaction) => {
      try {
        created = Todo.parse(await createTodo(tx, draft, services.now()))
        return created
      } catch (error) {
        // Only this call knows the id, so an earlier try created the todo, and it was changed since.
        if (id === undefined && created !== undefined && error instanceof RefusalError) {
          return created
        }
        throw error
      }
    }
    return withoutKey(services, {
      caller,
      id: draft.id,
      effect,
      afterAmbiguousCommit: 'again',
    })
  }
}
