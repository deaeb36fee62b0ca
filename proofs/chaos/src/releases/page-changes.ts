import type { FileChange } from './file-change.ts'

const sending = 'apps/web/src/todos/sending'
const rows = 'apps/web/src/todos/rows'

/** The page of the next release: a button that archives a todo, and an intent for it. */
export const pageChanges: readonly FileChange[] = [
  {
    file: 'apps/web/next.config.ts',
    changes: [
      // The packages are links to those of this release, outside the copy.
      { from: "root: join(import.meta.dirname, '../..')", to: "root: join('/')" },
    ],
  },
  {
    file: `${sending}/intent.ts`,
    changes: [
      {
        from: 'export type Intent = CreateIntent |',
        to: "type ArchiveIntent = Shared<'archiveTodo'> & Versioned\nexport type Intent = CreateIntent | ArchiveIntent |",
      },
      {
        from: '  deleteTodo: isVersioned,\n',
        to: '  deleteTodo: isVersioned,\n  archiveTodo: isVersioned,\n',
      },
    ],
  },
  {
    file: `${sending}/submissions.ts`,
    changes: [
      {
        from: '  remove(row: Seen): TodoSubmission\n',
        to: '  remove(row: Seen): TodoSubmission\n  archive(row: Seen): TodoSubmission\n',
      },
      {
        from: '    update({ id, title, completed, version }, change) {\n',
        to: `    archive({ id, title, version }) {
      return submission({ v: intentVersion, operation: 'archiveTodo', id, title, ...seen(version) })
    },
    update({ id, title, completed, version }, change) {
`,
      },
    ],
  },
  {
    file: `${sending}/freeze.ts`,
    changes: [
      {
        from: "    case 'restoreTodo':\n",
        to: `    case 'archiveTodo':
      return versioned({ id }, intent.version ?? existing(predecessor))
    case 'restoreTodo':
`,
      },
    ],
  },
  {
    file: `${sending}/todo-transport.ts`,
    changes: [
      {
        from: '      return client.deleteTodo.mutate(input, { signal })\n',
        to: `      return client.deleteTodo.mutate(input, { signal })
    case 'archiveTodo':
      return client.archiveTodo.mutate(input, { signal })
`,
      },
      {
        from: '      return effect(todo === undefined ? { id: intent.id } : undefined)\n',
        to: `      return effect(todo === undefined ? { id: intent.id } : undefined)
    case 'archiveTodo':
      return effect(todo?.archived ? todo : undefined)
`,
      },
      {
        from: "    case 'updateTodo':\n      return (await readTodo",
        to: "    case 'archiveTodo':\n    case 'updateTodo':\n      return (await readTodo",
      },
    ],
  },
  {
    file: 'apps/web/src/todos/list/merge-optimistic.ts',
    changes: [
      {
        from: "    case 'restoreTodo':\n",
        to: `    case 'archiveTodo':
      rows.set(intent.id, pending(entry, base, {}))
      return
    case 'restoreTodo':
`,
      },
    ],
  },
  {
    file: 'apps/web/src/todos/status/decision-text.ts',
    changes: [
      {
        from: '  deleteTodo: sentences({',
        to: '  archiveTodo: sentences({}),\n  deleteTodo: sentences({',
      },
    ],
  },
  {
    file: `${rows}/row-changes.ts`,
    changes: [
      {
        from: "    case 'restoreTodo':\n",
        to: "    case 'archiveTodo':\n      return todos.archive(seen)\n    case 'restoreTodo':\n",
      },
    ],
  },
  {
    file: `${rows}/use-row-actions.ts`,
    changes: [
      {
        from: '  remove(row: Row): void\n',
        to: '  remove(row: Row): void\n  archive(row: Row): void\n',
      },
      {
        from: '      remove(row) {\n',
        to: `      archive(row) {
        attempt(() => outbox.add(todos.archive(row)).written, notKept(row.title))
      },
      remove(row) {
`,
      },
    ],
  },
  {
    file: `${rows}/row-buttons.tsx`,
    changes: [
      {
        from: '  readonly onRemove: (() => void) | undefined\n',
        to: '  readonly onRemove: (() => void) | undefined\n  readonly onArchive: () => void\n',
      },
      { from: 'onEdit, onRemove }: Props', to: 'onEdit, onRemove, onArchive }: Props' },
      {
        from: '    <span className="row-buttons">\n',
        to: `    <span className="row-buttons">
      <button type="button" className="icon-button" aria-label={\`Archive \${title}\`} onClick={onArchive}>
        A
      </button>
`,
      },
    ],
  },
  {
    file: `${rows}/todo-row.tsx`,
    changes: [
      {
        from: '            onEdit={open}\n',
        to: '            onEdit={open}\n            onArchive={() => actions.archive(row)}\n',
      },
    ],
  },
]
