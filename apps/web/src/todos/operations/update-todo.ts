import type { Todo } from '@idem/contract/todo'
import {
  type Change,
  exists,
  found,
  intentVersion,
  type Member,
  members,
  type Operation,
  type Shared,
  type Shown,
  type Versioned,
} from './operation.ts'
import { changedElsewhere, isVersioned, versioned, versionOf, versionSeen } from './versions.ts'

/** Has the row after the update, so that it can be shown without a list, and sends only `changes`. */
type UpdateIntent = Shared<'updateTodo'> &
  Versioned & {
    readonly changes: readonly Member[]
    /** The values that the person saw. */
    readonly base: Shown
  }

export const updateTodo: Operation<UpdateIntent, 'updateTodo'> = {
  name: 'updateTodo',
  words: {
    name: 'Change',
    done: 'changed',
    noun({ changes, completed }) {
      if (changes.includes('title')) return 'edit'
      return completed ? 'completion' : 'reopening'
    },
    said({ changes, completed, base }) {
      if (changes.includes('title')) return `Changed “${base.title}”`
      return `${completed ? 'Completed' : 'Reopened'} “${base.title}”`
    },
    mine: 'Keep mine',
    discard: 'Take theirs',
    refusals: {
      version_conflict: 'Changed elsewhere too, so nothing was overwritten.',
      version_missing: 'It is not known which version was to be changed, so it was not.',
      not_found: 'Deleted elsewhere, so it was not changed.',
      invalid_input: 'The server did not accept this title.',
      forbidden: 'You may not change this.',
    },
  },
  accepts: (intent) => isVersioned(intent) && areMembers(intent.changes) && isShown(intent.base),
  make: ({ id, title, completed, ...seen }, change) => ({
    ...{ v: intentVersion, operation: 'updateTodo', id, title, completed, ...change },
    changes: members.filter((member) => change[member] !== undefined),
    base: { title, completed },
    ...versionSeen(seen),
  }),
  show: changed,
  freeze(intent, known) {
    const { predecessor } = known
    if (intent.version === undefined && predecessor !== undefined) {
      if (!exists(predecessor)) {
        return { state: 'refused', refusal: { code: 'not_found', retry: 'never' } }
      }
      if (merged(intent, predecessor) === 'ask') return changedElsewhere(predecessor)
    }
    return versioned({ id: intent.id, ...changed(intent) }, versionOf(intent, known))
  },
  // A later version with its values. Another device may have made the same change, so whatever follows
  // names the version before it, and the person is asked.
  effectIn(todo, { version = 0, title = todo?.title, completed = todo?.completed }) {
    if (todo === undefined || todo.version <= version) return undefined
    return todo.title === title && todo.completed === completed ? found(todo, version) : undefined
  },
  mayGetNewKey: async (readTodo, { version }) => (await readTodo())?.version === version,
  merge: merged,
  inverse: 'updateTodo',
  back: ({ changes, base }) => only(changes, base),
  isRepeatable: true,
  changeOf: (intent, title) => ({ ...changed(intent), ...(title !== intent.title && { title }) }),
}

function merged({ changes, base, ...intent }: UpdateIntent, current: Todo) {
  const open = changes.filter((member) => current[member] !== intent[member])
  if (open.length === 0) return 'done'
  return open.every((member) => current[member] === base[member]) ? 'repeat' : 'ask'
}

/** Another device may have changed the other members. */
function changed({ changes, ...intent }: UpdateIntent): Change {
  return only(changes, intent)
}

function only(some: readonly Member[], { title, completed }: Shown): Change {
  return {
    ...(some.includes('title') && { title }),
    ...(some.includes('completed') && { completed }),
  }
}

function areMembers(changes: unknown): boolean {
  const isMember = (one: unknown) => one === 'title' || one === 'completed'
  return Array.isArray(changes) && changes.length > 0 && changes.every(isMember)
}

function isShown(base: unknown): boolean {
  const { title, completed } = Object(base)
  return typeof title === 'string' && typeof completed === 'boolean'
}
