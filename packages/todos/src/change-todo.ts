import type { Transaction } from '@idem/database/prisma'
import {
  isTodoOfAttempt,
  onlyByIndex,
  storedTodoOf,
  storedTodosOnShard,
  storedTodoText,
} from './stored-todo.ts'
import { decide, identityOf, isTodoId, type StoredTodo, type TodoDraft } from './todo.ts'

type Settings = {
  /** The key of the call, for reconciling a new todo with the records. */
  readonly key: string
  readonly now: Date
}

/**
 * Runs a mutation in a transaction of its own and returns its answer. A todo that another transaction
 * creates or changes meanwhile is locked and read again.
 */
export async function changeTodo(
  tx: Transaction,
  draft: TodoDraft,
  { key, now }: Settings,
): Promise<unknown> {
  for (const isLocked of [false, true]) {
    if (isLocked) await lockTodo(tx, draft)
    const existing = draft.isNew ? undefined : await readTodo(tx, draft)
    const { answer, changed } = decide(draft, existing, now)
    if (changed === undefined || (await store(tx, draft, { existing, changed, key }))) return answer
  }
  throw new Error('A locked todo was not changed: a trigger or a policy prevents it.')
}

async function readTodo(tx: Transaction, { owner: ownerId, id }: TodoDraft) {
  return isTodoId(id)
    ? ((await tx.todo.findFirst({ where: { ownerId, id } })) ?? undefined)
    : undefined
}

async function lockTodo(tx: Transaction, { owner, id }: TodoDraft): Promise<void> {
  await tx.$queryRaw`select 1 from todo where owner_id = ${owner} and id = ${id}::uuid for no key update`
}

type Change = Pick<Settings, 'key'> & {
  readonly existing: StoredTodo | undefined
  readonly changed: StoredTodo
}

/** Whether it was stored, and not another transaction first. */
async function store(
  tx: Transaction,
  { owner: ownerId }: TodoDraft,
  { existing, changed, key }: Change,
): Promise<boolean> {
  const { id, title, completed, version, createdAt, updatedAt, deletedAt } = changed
  const data = { title, completed, version, updatedAt, deletedAt }
  const { count } =
    existing === undefined
      ? await tx.todo.createMany({
          data: [{ ...data, ownerId, id, createdAt, createdKey: key }],
          skipDuplicates: true,
        })
      : await tx.todo.updateMany({ where: { ownerId, id, version: existing.version }, data })
  return count > 0
}

// With `= any(array[…])` in place of `=` the tables can be joined only row by row, by the primary key: a
// plan from the time when `todo` was small would hash all of it for as long as the plan is kept.
const update = `update todo set title = executed.title, completed = executed.completed,
      version = executed.version::int, updated_at = to_timestamp(executed.updated_ms / 1000),
      deleted_at = to_timestamp(executed.deleted_ms / 1000)
    from executed
    where todo.owner_id = any(array[executed.owner_id]) and todo.id = any(array[executed.id])
      and ${onlyByIndex('executed')}`

/**
 * Many attempts on existing todos in two statements: one reads the todos, the other changes those that
 * are still at the version that was read. The version rises with each change, so it names what
 * is stored. A todo that another transaction has locked is left to an attempt that runs alone.
 */
export const changeTodoBatch = {
  columns: {
    id: 'uuid',
    read_version: 'float8',
    title: 'text',
    completed: 'boolean',
    version: 'float8',
    updated_ms: 'float8',
    deleted_ms: 'float8',
  },

  find({ owner, id }: TodoDraft) {
    return isTodoId(id)
      ? { row: { id }, identity: identityOf(owner, id) }
      : { row: { id: null }, identity: undefined }
  },

  existing: storedTodoText,

  change(draft: TodoDraft, value: unknown, now: Date) {
    const existing = storedTodoOf(value)
    const { answer, changed } = decide(draft, existing, now)
    if (changed === undefined) return { answer }
    // Without a todo to change there is no version, and the attempt runs alone.
    return { answer, row: { read_version: existing?.version, ...columnsOf(changed) } }
  },

  unchanged: `coalesce((select true from todo where ${isTodoOfAttempt}
    and todo.version = attempt.read_version::int limit 1 for no key update skip locked), false)`,

  update,

  distributed: {
    stored: storedTodosOnShard,
    // Each at the version that was read: nothing has locked it since.
    effect: {
      update: `${update} and todo.owner_id = any($1::text[]) and todo.version = executed.read_version::int`,
    },
  },
} as const

function columnsOf({ title, completed, version, updatedAt, deletedAt }: StoredTodo) {
  return {
    title,
    completed,
    version,
    updated_ms: updatedAt.getTime(),
    deleted_ms: deletedAt?.getTime() ?? null,
  }
}
