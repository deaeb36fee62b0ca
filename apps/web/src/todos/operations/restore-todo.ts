import { intentVersion, type Operation, type Shared, type Versioned } from './operation.ts'
import { isVersioned, versioned, versionOf, versionSeen } from './versions.ts'

type RestoreIntent = Shared<'restoreTodo'> & Versioned

export const restoreTodo: Operation<RestoreIntent, 'deleteTodo'> = {
  name: 'restoreTodo',
  words: {
    name: 'Restore',
    done: 'restored',
    noun: () => 'restore',
    said: ({ title }) => `Restored “${title}”`,
    mine: 'Restore it',
    discard: 'Leave it deleted',
    refusals: {
      version_conflict: 'Changed elsewhere after it was deleted, so it was not restored.',
      version_missing: 'It is not known which version was deleted, so it was not restored.',
      not_found: 'The server no longer has it, so it was not restored.',
      forbidden: 'You may not restore this.',
    },
  },
  accepts: isVersioned,
  make: ({ id, title, completed, ...seen }) => ({
    ...{ v: intentVersion, operation: 'restoreTodo', id, title, completed },
    ...versionSeen(seen),
  }),
  show: ({ title, completed }) => ({ title, completed, isDeleted: false }),
  freeze: (intent, known) => versioned({ id: intent.id }, versionOf(intent, known)),
  // It changes no member. A todo with other ones was not deleted, and another device has written them.
  hasMade: ({ title, completed }, todo) => title === todo.title && completed === todo.completed,
  // One that undoes no deletion of this browser may name a version that stands, and its answer may be one
  // of another device.
  isOwn: ({ undoes }) => undoes !== undefined,
  effectIn: (todo) => todo,
  // It names its tombstone.
  mayGetNewKey: async () => true,
  inverse: 'deleteTodo',
  isRepeatable: true,
}
