import {
  type Answer,
  exists,
  type Found,
  intentVersion,
  type Operation,
  type Shared,
  type Versioned,
} from './operation.ts'
import { changedElsewhere, isVersioned, versioned, versionOf, versionSeen } from './versions.ts'

type DeleteIntent = Shared<'deleteTodo'> & Versioned

export const deleteTodo: Operation<DeleteIntent, 'restoreTodo'> = {
  name: 'deleteTodo',
  words: {
    name: 'Delete',
    done: 'deleted',
    noun: () => 'delete',
    said: ({ title }) => `Deleted “${title}”`,
    mine: 'Delete it',
    discard: 'Keep it',
    refusals: {
      version_conflict: 'Changed elsewhere meanwhile, so it was not deleted.',
      version_missing: 'It is not known which version was to be deleted, so it was not.',
      forbidden: 'You may not delete this.',
    },
  },
  accepts: isVersioned,
  make: ({ id, title, completed, ...seen }) => ({
    ...{ v: intentVersion, operation: 'deleteTodo', id, title, completed },
    ...versionSeen(seen),
  }),
  show: () => ({ isDeleted: true }),
  freeze(intent, known) {
    const { predecessor } = known
    const isFollowing = intent.version === undefined && intent.undoes === undefined
    if (isFollowing && isOther(intent, predecessor)) return changedElsewhere(predecessor)
    // Behind a delete its tombstone: without a version it would delete what another device has restored.
    return versioned({ id: intent.id }, versionOf(intent, known))
  },
  effectIn: (todo, { id }) => (todo === undefined ? { id } : undefined),
  async mayGetNewKey(readTodo, { version }) {
    const todo = await readTodo()
    return todo === undefined || todo.version === version
  },
  inverse: 'restoreTodo',
}

/** Another device has changed it, in a version that an earlier operation of this one was made on. */
function isOther({ title, completed }: DeleteIntent, before: Answer | undefined): before is Found {
  if (before === undefined || !exists(before)) return false
  return before.title !== title || before.completed !== completed
}
