import type { FileChange } from './file-change.ts'

/**
 * The server of the next release: an operation `archiveTodo`, a column for it, another column of the
 * records, a refusal code `todo_archived`, and members that it adds to stored answers and refusals.
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
    file: 'packages/idempotency/src/migrate/table-steps.ts',
    changes: [
      {
        from: "    'insert into idem.installation default values',\n  ],\n",
        to: `    'insert into idem.installation default values',
  ],
  ['alter table idem.idempotency_record add column note text'],
`,
      },
    ],
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
        from: '  updateTodo: {\n',
        to: `  archiveTodo: { input: z.strictObject({ id: NamedId, version: Version }), answer: Todo },
  updateTodo: {
`,
      },
    ],
  },
  {
    file: 'packages/contract/src/refusal.ts',
    changes: [
      {
        from: '  id_taken: {\n',
        to: `  todo_archived: { retry: 'ask_person', sentence: 'This todo is archived.' },
  id_taken: {
`,
      },
      {
        from: '  deleted: z.literal(true).optional(),\n',
        to: '  deleted: z.literal(true).optional(),\n  archivedAt: z.iso.datetime().optional(),\n',
      },
    ],
  },
  {
    file: 'packages/todos/src/todo.ts',
    changes: [
      {
        from: '  readonly deletedAt: Date | null\n',
        to: '  readonly deletedAt: Date | null\n  readonly archivedAt?: unknown\n',
      },
      {
        from: "'title' | 'completed' | 'deletedAt'>>,",
        to: "'title' | 'completed' | 'deletedAt' | 'archivedAt'>>,",
      },
      {
        from: '    updatedAt: stored.updatedAt === stored.createdAt ? createdAt : textOf(stored.updatedAt),\n',
        to: `    updatedAt: stored.updatedAt === stored.createdAt ? createdAt : textOf(stored.updatedAt),
    archived: stored.archivedAt !== undefined && stored.archivedAt !== null,
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
        from: '  const data = { title, completed, version, updatedAt, deletedAt }\n',
        to: `  const archivedAt = (changed.archivedAt ?? null) as Date | null
  const data = { title, completed, version, updatedAt, deletedAt, archivedAt }
`,
      },
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
    file: 'packages/todos/src/rules/delete-todo.ts',
    changes: [
      {
        from: '  return { answer: { id }, changed:',
        to: '  return { answer: { id, deletedAt: now.toISOString() }, changed:',
      },
    ],
  },
  {
    file: 'packages/todos/src/rules/update-todo.ts',
    changes: [
      {
        from: '  if (existing.version !== version)',
        to: `  if (existing.version === version && existing.archivedAt) {
    const archivedAt = new Date(existing.archivedAt as Date | string).toISOString()
    throw new RefusalError('todo_archived', { archivedAt })
  }
  if (existing.version !== version)`,
      },
    ],
  },
  {
    file: 'packages/todos/src/rules/archive-todo.ts',
    text: `import type { MutationInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import { type Decided, nextVersion, type StoredTodo, toTodo } from '../todo.ts'

export function archiveTodo(
  existing: StoredTodo | undefined,
  { version }: MutationInput<'archiveTodo'>,
  now: Date,
): Decided<Todo> {
  if (existing === undefined || existing.deletedAt !== null) throw new RefusalError('not_found')
  if (existing.version !== version) {
    throw new RefusalError('version_conflict', { current: toTodo(existing) })
  }
  const changed = nextVersion(existing, { archivedAt: now }, now)
  return { answer: toTodo(changed), changed }
}
`,
  },
  {
    file: 'packages/todos/package.json',
    changes: [
      {
        from: '    "./rules/create-todo": ',
        to: '    "./rules/archive-todo": "./src/rules/archive-todo.ts",\n    "./rules/create-todo": ',
      },
    ],
  },
  {
    file: 'packages/operations/src/mutations.ts',
    changes: [
      {
        from: "import { createTodo, createTodoBatch } from '@idem/todos/rules/create-todo'\n",
        to: "import { archiveTodo } from '@idem/todos/rules/archive-todo'\nimport { createTodo, createTodoBatch } from '@idem/todos/rules/create-todo'\n",
      },
      {
        from: '  updateTodo: { ...schemas.updateTodo,',
        to: '  archiveTodo: { ...schemas.archiveTodo, rule: archiveTodo },\n  updateTodo: { ...schemas.updateTodo,',
      },
    ],
  },
  {
    file: 'packages/operations/src/stored-refusal.ts',
    changes: [{ from: "'id_taken'] as const", to: "'id_taken', 'todo_archived'] as const" }],
  },
  {
    file: 'packages/api/src/http/refused.ts',
    changes: [{ from: '  id_taken: 409,\n', to: '  id_taken: 409,\n  todo_archived: 423,\n' }],
  },
  {
    file: 'packages/api/src/trpc/todo-router.ts',
    changes: [
      {
        from: '    cancel: settling(',
        to: `    archiveTodo: repeatable('archiveTodo', 'It names the version it changes.'),

    cancel: settling(`,
      },
    ],
  },
]
