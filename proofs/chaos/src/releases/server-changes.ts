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
    file: 'packages/todos/src/stored-todo.ts',
    changes: [
      {
        from: "'version', todo.version,",
        to: "'version', todo.version, 'archivedAt', todo.archived_at,",
      },
    ],
  },
  {
    file: 'packages/todos/src/change-todo.ts',
    changes: [
      {
        from: '    data: { title, completed, version, updatedAt, deletedAt },\n',
        to: `    data: {
      title,
      completed,
      version,
      updatedAt,
      deletedAt,
      archivedAt: (changed.archivedAt ?? null) as Date | null,
    },
`,
      },
      {
        from: "'title' | 'completed' | 'deletedAt'>>,",
        to: "'title' | 'completed' | 'deletedAt' | 'archivedAt'>>,",
      },
    ],
  },
  {
    file: 'packages/todos/src/change-todo-batch.ts',
    changes: [
      {
        from: "    deleted_ms: 'float8',\n",
        to: "    deleted_ms: 'float8',\n    archived_ms: 'float8',\n",
      },
      {
        from: 'deleted_at = to_timestamp(executed.deleted_ms / 1000)\n',
        to: `deleted_at = to_timestamp(executed.deleted_ms / 1000),
      archived_at = to_timestamp(executed.archived_ms / 1000)
`,
      },
      {
        from: 'function columnsOf({ title, completed, version, updatedAt, deletedAt }: StoredTodo) {',
        to: 'function columnsOf({ title, completed, version, updatedAt, deletedAt, archivedAt }: StoredTodo) {',
      },
      {
        from: '    deleted_ms: deletedAt?.getTime() ?? null,\n',
        to: `    deleted_ms: deletedAt?.getTime() ?? null,
    archived_ms: archivedAt ? new Date(archivedAt as Date | string).getTime() : null,
`,
      },
    ],
  },
  {
    file: 'packages/todos/src/delete-todo.ts',
    changes: [
      {
        from: '    return { answer: { id }, changed:',
        to: '    return { answer: { id, deletedAt: now.toISOString() }, changed:',
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
        from: '    if (existing.version !== version)',
        to: `    if (existing.version === version && existing.archivedAt) {
      throw todoArchived(new Date(existing.archivedAt as Date | string))
    }
    if (existing.version !== version)`,
      },
    ],
  },
  {
    file: 'packages/todos/src/archive-todo.ts',
    text: `import type { Todo } from '@idem/contract/todo'
import { nextVersion, type TodoChange } from './change-todo.ts'
import { notFound, versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'

export function archiveTodo({ version }: { readonly version: number }): TodoChange<Todo> {
  return (existing, now) => {
    if (existing === undefined || existing.deletedAt !== null) throw notFound()
    if (existing.version !== version) throw versionConflict(toTodo(existing))
    const changed = nextVersion(existing, { archivedAt: now }, now)
    return { answer: toTodo(changed), changed }
  }
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
import { changeOnce } from './intents/change-once.ts'
import type { Services } from './intents/services.ts'

export function archiveTodo(services: Services) {
  return function archiveTodo(
    caller: Caller,
    { input, arrived }: Arrived<ArchiveTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, id, version } = input
    return changeOnce(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('archiveTodo', caller, { key, arrived }),
      parse: Todo.parse,
      change: todos.archiveTodo({ version }),
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
