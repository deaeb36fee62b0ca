import type { FileChange } from './file-change.ts'

/**
 * The server of the next release: an operation `archiveTodo`, a column for it, a refusal code
 * `todo_archived`, and members that it adds to stored answers and refusals.
 */
export const serverChanges: readonly FileChange[] = [
  {
    file: 'prisma/migrations/20990101000000_todo_archived_at/migration.sql',
    text: 'alter table todo add column archived_at timestamptz(3);\n',
  },
  {
    file: 'prisma/migrations/20990101010000_todo_archived_idx/migration.sql',
    text: 'create index concurrently todo_archived_idx on todo (owner_id, archived_at) where archived_at is not null;\n',
  },
  {
    file: 'prisma/schema.prisma',
    changes: [
      {
        from: '  deletedAt  DateTime? @map("deleted_at") @db.Timestamptz(3)\n',
        to: `  deletedAt  DateTime? @map("deleted_at") @db.Timestamptz(3)
  archivedAt DateTime? @map("archived_at") @db.Timestamptz(3)
`,
      },
    ],
  },
  {
    file: 'packages/contract/src/todo.ts',
    changes: [
      {
        from: '  updatedAt: z.iso.datetime(),\n',
        // Optional, because answers of this release have no such member.
        to: '  updatedAt: z.iso.datetime(),\n  archived: z.boolean().optional(),\n',
      },
    ],
  },
  {
    file: 'packages/contract/src/is-todo.ts',
    changes: [{ from: 'Record<keyof Todo,', to: "Record<Exclude<keyof Todo, 'archived'>," }],
  },
  {
    file: 'packages/contract/src/operations.ts',
    changes: [
      {
        from: 'export const DeleteTodoAnswer = z.strictObject({ id: z.string() })\n',
        to: `export const DeleteTodoAnswer = z.strictObject({
  id: z.string(),
  deletedAt: z.iso.datetime().optional(),
})
`,
      },
      {
        from: 'export const UpdateTodoInput = ',
        to: `export const ArchiveTodoInput = z.strictObject({
  id: NamedId,
  version: Version,
  idempotencyKey: IdempotencyKey.optional(),
})
export type ArchiveTodoInput = z.infer<typeof ArchiveTodoInput>

export const UpdateTodoInput = `,
      },
    ],
  },
  {
    file: 'packages/contract/src/refusal.ts',
    changes: [
      { from: "  'id_taken',\n", to: "  'id_taken',\n  'todo_archived',\n" },
      {
        from: '  deleted: z.literal(true).optional(),\n',
        to: '  deleted: z.literal(true).optional(),\n  archivedAt: z.iso.datetime().optional(),\n',
      },
      {
        from: '  key_expired: {\n',
        to: `  todo_archived: { retry: 'ask_person', sentence: 'This todo is archived.' },
  key_expired: {
`,
      },
    ],
  },
  {
    file: 'packages/todos/src/todo-row.ts',
    changes: [
      {
        from: '  readonly updatedAt: Date\n',
        to: '  readonly updatedAt: Date\n  readonly archivedAt?: unknown\n',
      },
      {
        from: '    updatedAt: row.updatedAt === row.createdAt ? createdAt : textOf(row.updatedAt),\n',
        to: `    updatedAt: row.updatedAt === row.createdAt ? createdAt : textOf(row.updatedAt),
    archived: row.archivedAt !== undefined && row.archivedAt !== null,
`,
      },
    ],
  },
  {
    file: 'packages/todos/src/create-todo-batch.ts',
    changes: [
      {
        from: "'version', todo.version,",
        to: "'version', todo.version, 'archivedAt', todo.archived_at,",
      },
    ],
  },
  {
    file: 'packages/todos/src/delete-todo.ts',
    changes: [
      {
        from: '  if (count > 0 || version === undefined) return { id }\n',
        to: `  if (count > 0) return { id, deletedAt: now.toISOString() }
  if (version === undefined) return { id }
`,
      },
    ],
  },
  {
    file: 'packages/todos/src/refusals.ts',
    changes: [
      {
        from: 'export function versionConflict(',
        to: `export function todoArchived(at: Date): RefusalError {
  return new RefusalError('todo_archived', { archivedAt: at.toISOString() })
}

export function versionConflict(`,
      },
    ],
  },
  {
    file: 'packages/todos/src/update-todo.ts',
    changes: [
      {
        from: 'import { notFound, versionConflict }',
        to: 'import { notFound, todoArchived, versionConflict }',
      },
      {
        from: 'where: { ownerId, id, version, deletedAt: null },',
        to: 'where: { ownerId, id, version, deletedAt: null, archivedAt: null },',
      },
      {
        from: '  throw existing === null ?',
        to: `  if (existing?.archivedAt) throw todoArchived(existing.archivedAt)
  throw existing === null ?`,
      },
    ],
  },
  {
    file: 'packages/todos/src/archive-todo.ts',
    text: `import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { notFound, versionConflict } from './refusals.ts'
import { isTodoId } from './todo-id.ts'
import { toTodo } from './todo-row.ts'

export type Archiving = { readonly owner: string; readonly id: string; readonly version: number }

export async function archiveTodo(tx: Transaction, archiving: Archiving, now: Date): Promise<Todo> {
  const { owner: ownerId, id, version } = archiving
  if (!isTodoId(id)) throw notFound()
  const [archived] = await tx.todo.updateManyAndReturn({
    where: { ownerId, id, version, deletedAt: null },
    data: { archivedAt: now, updatedAt: now, version: { increment: 1 } },
  })
  if (archived !== undefined) return toTodo(archived)
  const existing = await tx.todo.findFirst({ where: { ownerId, id, deletedAt: null } })
  throw existing === null ? notFound() : versionConflict(toTodo(existing))
}
`,
  },
  {
    file: 'packages/todos/package.json',
    changes: [
      {
        from: '    "./create-todo": ',
        to: '    "./archive-todo": "./src/archive-todo.ts",\n    "./create-todo": ',
      },
    ],
  },
  {
    file: 'packages/operations/src/archive-todo.ts',
    text: `import type { ArchiveTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/archive-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { intentOf } from './intents/intent-of.ts'
import { onceWhenKeyed } from './intents/once-when-keyed.ts'
import type { Services } from './intents/services.ts'

export function archiveTodo(services: Services) {
  return function archiveTodo(
    caller: Caller,
    { input, arrived }: Arrived<ArchiveTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, id, version } = input
    return onceWhenKeyed(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('archiveTodo', caller, { key, arrived }),
      parse: Todo.parse,
      effect: (tx) => todos.archiveTodo(tx, { owner: caller.owner, id, version }, services.now()),
      afterAmbiguousCommit: 'unavailable',
    })
  }
}
`,
  },
  {
    file: 'packages/operations/src/create-operations.ts',
    changes: [
      {
        from: "import { cancel } from './cancel.ts'\n",
        to: "import { archiveTodo } from './archive-todo.ts'\nimport { cancel } from './cancel.ts'\n",
      },
      {
        from: '    restoreTodo: restoreTodo(services),\n',
        to: '    restoreTodo: restoreTodo(services),\n    archiveTodo: archiveTodo(services),\n',
      },
    ],
  },
  {
    file: 'packages/operations/src/answers/keyed-attempt.ts',
    changes: [
      { from: "'restoreTodo', 'updateTodo'", to: "'restoreTodo', 'updateTodo', 'archiveTodo'" },
    ],
  },
  {
    file: 'packages/operations/src/answers/to-refusal.ts',
    changes: [{ from: "'id_taken'] as const", to: "'id_taken', 'todo_archived'] as const" }],
  },
  {
    file: 'packages/api/src/http/refusal-status.ts',
    changes: [{ from: '  id_taken: 409,\n', to: '  id_taken: 409,\n  todo_archived: 423,\n' }],
  },
  {
    file: 'packages/api/src/trpc/todo-router.ts',
    changes: [
      {
        from: 'import {\n  CreateTodoInput,',
        to: 'import {\n  ArchiveTodoInput,\n  CreateTodoInput,',
      },
      {
        from: '    cancel: repeatable(',
        to: `    archiveTodo: repeatable(
      { input: ArchiveTodoInput, reason: 'It names the version it changes.' },
      ({ operations, caller, ...call }) => operations.archiveTodo(caller, call),
    ),

    cancel: repeatable(`,
      },
    ],
  },
]
