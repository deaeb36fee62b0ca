import type { MutationInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import { type Decided, nextVersion, type StoredTodo, toTodo } from '../todo.ts'

/** Changes the given members of the named version; any other version is not overwritten. */
export function updateTodo(
  existing: StoredTodo | undefined,
  { version, title, completed }: MutationInput<'updateTodo'>,
  now: Date,
): Decided<Todo> {
  if (existing === undefined || existing.deletedAt !== null) throw new RefusalError('not_found')
  if (existing.version !== version) {
    throw new RefusalError('version_conflict', { current: toTodo(existing) })
  }
  const changed = nextVersion(
    existing,
    { title: title ?? existing.title, completed: completed ?? existing.completed },
    now,
  )
  return { answer: toTodo(changed), changed }
}
