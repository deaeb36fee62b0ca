import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const createTodo = 'packages/todos/src/create-todo.ts'
const deleteTodo = 'packages/todos/src/delete-todo.ts'
const restoreTodo = 'packages/todos/src/restore-todo.ts'
const updateTodo = 'packages/todos/src/update-todo.ts'
const getTodo = 'packages/todos/src/get-todo.ts'
const listTodos = 'packages/todos/src/list/list-todos.ts'
const inTodos = (test: string) => killingTest('packages/todos/src/todos.test.ts', test)
const inList = (test: string) => killingTest('packages/todos/src/list/list-todos.test.ts', test)
const inChange = (test: string) => killingTest('packages/api/src/trpc/change-todo.test.ts', test)
const inRouter = (test: string) => killingTest('packages/api/src/trpc/todo-router.test.ts', test)

/** Whether deleting is final, nothing is overwritten unseen, and owners never meet. */
export const todoMutants: readonly Mutant[] = [
  {
    name: 'hard-delete',
    fault: 'A deleted todo leaves no tombstone, so a late create can bring it back.',
    file: deleteTodo,
    changes: [
      { from: 'tx.todo.updateMany({', to: 'tx.todo.deleteMany({' },
      {
        from: `    data: { deletedAt: now, updatedAt: now, version: { increment: 1 } },
`,
        to: '',
      },
    ],
    killedBy: inTodos('a deleted todo stays as a tombstone with a raised version'),
  },
  {
    name: 'create-over-tombstone',
    fault: 'A create with the id of a deleted todo brings it back.',
    file: createTodo,
    changes: [
      {
        from: '  return existingTodo(draft,',
        to: `  if (existing.deletedAt !== null) {
    const where = { ownerId_id: { ownerId: draft.owner, id: row.id } }
    return toTodo(await tx.todo.update({ where, data: { deletedAt: null } }))
  }
  return existingTodo(draft,`,
      },
    ],
    killedBy: inTodos('a create with the id of a deleted todo is refused and does not restore it'),
  },
  {
    name: 'second-create-of-changed',
    fault: 'A create of an id whose todo has been changed is answered as if it were unchanged.',
    file: createTodo,
    changes: [
      {
        from: 'existing.title === draft.title && existing.version === 1',
        to: 'existing.title === draft.title',
      },
    ],
    killedBy: inTodos('a second create of a changed todo is refused with id_taken'),
  },
  {
    name: 'delete-of-nothing-refused',
    fault: 'Deleting a todo that never existed is an error.',
    file: deleteTodo,
    changes: [
      { from: 'import { versionConflict }', to: 'import { notFound, versionConflict }' },
      {
        from: 'if (count > 0 || version === undefined) return { id }',
        to: 'if (count > 0) return { id }',
      },
      {
        from: 'if (existing === null) return { id }',
        to: 'if (existing === null) throw notFound()',
      },
    ],
    killedBy: inRouter(
      'deleting 01890a5d-ac96-774b-bcce-b302099a8057, which was never there, succeeds however often',
    ),
  },
  {
    name: 'delete-of-any-version',
    fault: 'A delete that names a version removes the todo at any version.',
    file: deleteTodo,
    changes: [
      {
        from: 'deletedAt: null, ...(version === undefined ? {} : { version }) }',
        to: 'deletedAt: null }',
      },
    ],
    killedBy: inRouter('deleting a todo at an old version is refused with the current todo'),
  },
  {
    name: 'delete-without-owner',
    fault: 'A delete removes the todo of any owner.',
    file: deleteTodo,
    changes: [
      {
        from: 'where: { ownerId, id, deletedAt: null, ...',
        to: 'where: { id, deletedAt: null, ...',
      },
    ],
    killedBy: inTodos("another owner's todo looks like a missing one and stays unchanged"),
  },
  {
    name: 'read-without-owner',
    fault: 'A todo is returned to any owner who knows its id.',
    file: getTodo,
    changes: [
      {
        from: 'where: { ownerId: owner, id, deletedAt: null }',
        to: "where: { id, deletedAt: owner === '' ? undefined : null }",
      },
    ],
    killedBy: inTodos("another owner's todo looks like a missing one and stays unchanged"),
  },
  {
    name: 'update-of-any-version',
    fault: 'An update overwrites any version.',
    file: updateTodo,
    changes: [
      {
        from: 'where: { ownerId, id, version, deletedAt: null }',
        to: 'where: { ownerId, id, deletedAt: null }',
      },
    ],
    killedBy: inChange(
      'an update from another version is refused with the current todo, and overwrites nothing',
    ),
  },
  {
    name: 'restore-of-any-version',
    fault: 'A restore brings back a todo that was deleted at another version than the given one.',
    file: restoreTodo,
    changes: [
      {
        from: 'deletedAt: { not: null }, ...(version === undefined ? {} : { version }) }',
        to: 'deletedAt: { not: null } }',
      },
    ],
    killedBy: inChange('a tombstone of another version than the given one stays unchanged'),
  },
  {
    name: 'restore-at-old-version',
    fault: 'A restored todo has the version it had before, so a stale update hits it.',
    file: restoreTodo,
    changes: [
      {
        from: 'data: { deletedAt: null, updatedAt: now, version: { increment: 1 } }',
        to: 'data: { deletedAt: null, updatedAt: now }',
      },
    ],
    killedBy: inChange(
      'a restored todo is unchanged except for a higher version, and can be deleted again',
    ),
  },
  {
    name: 'list-by-arrival',
    fault: 'Todos are listed in the order in which the server created them.',
    file: listTodos,
    changes: [
      {
        from: "orderBy: { id: 'desc' },\n    take",
        to: "orderBy: { createdAt: 'desc' },\n    take",
      },
    ],
    killedBy: inList('todos are listed by the time they were minted'),
  },
]
