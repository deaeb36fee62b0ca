import type { Transaction } from '@idem/database/prisma'
import type { StoredTodo } from './stored-todo.ts'
import { isTodoId } from './todo-id.ts'

/**
 * What an operation does with the stored todo of an id: the answer, and the todo to store instead when
 * something changes. Throws a `RefusalError` to decline. Depends on nothing else, so it may be called
 * again when the stored todo has changed.
 */
export type TodoChange<Answer> = (
  existing: StoredTodo | undefined,
  now: Date,
) => ChangedTodo<Answer>

export type ChangedTodo<Answer> = {
  readonly answer: Answer
  readonly changed?: StoredTodo | undefined
}

export type TodoName = { readonly owner: string; readonly id: string }

/**
 * Makes a change of the todo of this id. A todo that another transaction changes meanwhile is locked and
 * read again.
 */
export async function changeTodo<Answer>(
  tx: Transaction,
  { owner: ownerId, id }: TodoName,
  change: TodoChange<Answer>,
  now: Date,
): Promise<Answer> {
  for (const isLocked of [false, true]) {
    if (isLocked) await lockTodo(tx, ownerId, id)
    const existing = isTodoId(id) ? await tx.todo.findFirst({ where: { ownerId, id } }) : null
    const { answer, changed } = change(existing ?? undefined, now)
    if (existing === null || changed === undefined) return answer
    const { title, completed, version, updatedAt, deletedAt } = changed
    const { count } = await tx.todo.updateMany({
      where: { ownerId, id, version: existing.version },
      data: { title, completed, version, updatedAt, deletedAt },
    })
    if (count > 0) return answer
  }
  throw new Error('A locked todo was not changed: a trigger or a policy prevents it.')
}

async function lockTodo(tx: Transaction, ownerId: string, id: string): Promise<void> {
  await tx.$queryRaw`select from todo where owner_id = ${ownerId} and id = ${id}::uuid for no key update`
}

/** The todo after a change: its version rises by one. */
export function nextVersion(
  existing: StoredTodo,
  change: Partial<Pick<StoredTodo, 'title' | 'completed' | 'deletedAt'>>,
  now: Date,
): StoredTodo {
  return { ...existing, ...change, version: existing.version + 1, updatedAt: now }
}
