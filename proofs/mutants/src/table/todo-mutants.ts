import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const changeTodo = 'packages/todos/src/change-todo.ts'
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
    file: changeTodo,
    changes: [
      { from: 'tx.todo.updateMany({', to: 'tx.todo.deleteMany({' },
      {
        from: `    data: { title, completed, version, updatedAt, deletedAt },
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
        from: '    if (existing === undefined || existing.deletedAt !== null) return { answer: { id } }',
        to: '    if (existing === undefined || existing.deletedAt !== null) throw notFound()',
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
        from: 'if (version !== undefined && existing.version !== version) {',
        to: 'if (version !== undefined && existing.version > 1_000) {',
      },
    ],
    killedBy: inRouter('deleting a todo at an old version is refused with the current todo'),
  },
  {
    name: 'delete-without-owner',
    fault: 'A delete removes the todo of any owner.',
    file: changeTodo,
    changes: [
      {
        from: 'tx.todo.findFirst({ where: { ownerId, id } })',
        to: 'tx.todo.findFirst({ where: { id } })',
      },
      {
        from: 'where: { ownerId, id, version: existing.version }',
        to: 'where: { id, version: existing.version }',
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
        from: 'if (existing.version !== version) throw',
        to: 'if (existing.version < version) throw',
      },
    ],
    killedBy: inChange(
      'an update from another version is refused with the current todo, and overwrites nothing',
    ),
  },
  {
    name: 'change-of-another-version',
    fault: 'A change that runs alone overwrites what another transaction stored after it was read.',
    file: changeTodo,
    changes: [
      {
        from: 'where: { ownerId, id, version: existing.version }',
        to: 'where: { ownerId, id }',
      },
    ],
    killedBy: inTodos('a todo that is changed after it was read is read again'),
  },
  {
    name: 'restore-of-any-version',
    fault: 'A restore brings back a todo that was deleted at another version than the given one.',
    file: restoreTodo,
    changes: [
      {
        from: 'if (version !== undefined && existing.version !== version) {',
        to: 'if (version !== undefined && existing.version > 1_000) {',
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
        from: 'nextVersion(existing, { deletedAt: null }, now)',
        to: '{ ...nextVersion(existing, { deletedAt: null }, now), version: existing.version }',
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
