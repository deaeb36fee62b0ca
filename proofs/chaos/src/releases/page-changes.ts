import type { FileChange } from './file-change.ts'

const operations = 'apps/web/src/todos/operations'
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
    file: `${operations}/archive-todo.ts`,
    text: `import { exists, intentVersion, type Operation, type Shared, type Versioned } from './operation.ts'
import { isVersioned, versioned, versionOf, versionSeen } from './versions.ts'

type ArchiveIntent = Shared<'archiveTodo'> & Versioned

export const archiveTodo: Operation<ArchiveIntent, 'restoreTodo'> = {
  name: 'archiveTodo',
  words: {
    name: 'Archive',
    done: 'archived',
    said: ({ title }) => \`Archived “\${title}”\`,
    mine: 'Archive it',
    discard: 'Keep it',
    refusals: {},
  },
  accepts: isVersioned,
  make: ({ id, title, completed, ...seen }) => ({
    ...{ v: intentVersion, operation: 'archiveTodo', id, title, completed },
    ...versionSeen(seen),
  }),
  show: () => ({}),
  freeze: (intent, known) => versioned({ id: intent.id }, versionOf(intent, known)),
  effectIn: (todo) => (todo !== undefined && exists(todo) && todo.archived ? todo : undefined),
  mayGetNewKey: async (readTodo, { version }) => (await readTodo())?.version === version,
  inverse: 'restoreTodo',
}
`,
  },
  {
    file: `${operations}/operations.ts`,
    changes: [
      {
        from: "import { createTodo } from './create-todo.ts'\n",
        to: "import { archiveTodo } from './archive-todo.ts'\nimport { createTodo } from './create-todo.ts'\n",
      },
      {
        from: 'export const operations = { createTodo,',
        to: 'export const operations = { archiveTodo, createTodo,',
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
        const submission = todos.change('archiveTodo', row)
        change(submission, () => outbox.add(submission).written, { words: notKept(row.title) })
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
