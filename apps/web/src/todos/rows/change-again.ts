import type { Row } from '../list/merge-optimistic.ts'
import type { Change, Seen } from '../operations/operation.ts'
import { type Intent, operationOf, shownAfter, shownBefore } from '../operations/operations.ts'
import type { TodoEntry } from '../sending/intent.ts'
import type { TodoSubmission } from '../sending/submissions.ts'
import { discardEach, entriesOf, isGone, type Sending } from './row-changes.ts'

/**
 * Replaces a refused change, and those that wait behind it, by new ones on the version that the person
 * now sees, with another title if one is given. The new ones are stored first, so that no text is lost in
 * between, and wait until the old ones are gone. Until the page sees that these are gone a person may
 * decide again: the same decision has the same keys, and takes effect once.
 */
export function createChangeAgain(
  todos: Sending,
  onReplaced: (key: string, by: TodoSubmission) => void = () => undefined,
) {
  const made = new Map<string, TodoSubmission>()
  /** The entry that each new key replaces. */
  const replaces = new Map<string, string>()

  function submissionFor(entry: TodoEntry, given: object, make: () => TodoSubmission) {
    const decision = JSON.stringify([entry.id, given])
    const submission = made.get(decision) ?? make()
    made.set(decision, submission)
    replaces.set(submission.key, entry.id)
    return submission
  }

  return async function changeAgain(row: Row, title?: string): Promise<void> {
    const pending = entriesOf(todos, row.id).filter(({ isDiscarding }) => !isDiscarding)
    const ids = new Set<string | undefined>(pending.map((entry) => entry.id))
    if (!ids.has(row.entry?.id)) {
      if (title !== undefined) await todos.outbox.add(renamed(todos, row, title)).written
      return
    }
    const old = pending.filter((entry) => !ids.has(replaces.get(entry.id)))
    let { id } = row
    const newKeys = new Map<string | undefined, string>()
    for (const [place, entry] of old.entries()) {
      const [given, ...rest] =
        place === 0 ? onRow(row, entry, title) : [behind(entry.intent, newKeys)]
      const submission = submissionFor(entry, { id, ...given }, () =>
        submissionOf(todos, { id, ...given }),
      )
      // A new todo has a new id, and the later changes follow it.
      id = submission.orderingKey
      newKeys.set(entry.id, submission.key)
      await todos.outbox.add(submission).written
      onReplaced(entry.id, submission)
      for (const next of rest) {
        const changing = () => submissionOf(todos, { id, ...next })
        await todos.outbox.add(submissionFor(entry, { id, ...next }, changing)).written
      }
    }
    await discardEach(todos, old.toReversed())
  }
}

/** A change of the person, to be made again. Without an operation it makes a new todo. */
type Again = Omit<Seen, 'id'> & {
  readonly operation?: Intent['operation'] | undefined
  readonly change?: Change | undefined
}

function submissionOf(todos: Sending, { operation, change, ...seen }: Again & Pick<Seen, 'id'>) {
  return operation === undefined ? todos.create(seen.title) : todos.change(operation, seen, change)
}

/** The refused change itself, and what a new todo or a restored one does not get at once. */
function onRow(row: Row, entry: TodoEntry, title: string | undefined): [Again, ...Again[]] {
  const { intent } = entry
  const { makesTodo, name, changeOf, show } = operationOf(intent)
  const shown = { title: row.title, completed: row.completed }
  if (makesTodo || isGone({ entry, isMissing: row.isMissing })) {
    const after = { ...shownAfter(intent), ...(title !== undefined && { title }) }
    const fresh = { ...after, completed: false }
    return after.completed ? [fresh, { ...fresh, ...update, change: { completed: true } }] : [fresh]
  }
  const { version } = row
  const change = changeOf?.(intent, title ?? intent.title)
  if (change !== undefined) return [{ operation: name, ...shown, version, change }]
  // It brings back what the row shows, and changes no member of it.
  const again = { operation: name, ...shown, version }
  const isRenamed = title !== undefined && title !== row.title && show(intent).isDeleted === false
  return isRenamed ? [again, { ...shown, ...update, change: { title } }] : [again]
}

const update = { operation: 'updateTodo' } as const

/** A change that waits behind the refused one: on the version of its predecessor, or an undo as before. */
function behind(intent: Intent, newKeys: ReadonlyMap<string | undefined, string>): Again {
  const { name, changeOf } = operationOf(intent)
  const again = {
    operation: name,
    ...shownBefore(intent),
    change: changeOf?.(intent, intent.title),
  }
  if (!('undoes' in intent)) return again
  const { version, undoes } = intent
  return { ...again, version, undoes: newKeys.get(undoes) ?? undoes }
}

/** A title that was written beside a refused change, which another tab has ended since. */
function renamed(todos: Sending, row: Row, title: string): TodoSubmission {
  const { outcomes } = todos.outbox.getSnapshot()
  const isCreated = outcomes.some(({ orderingKey }) => orderingKey === row.id)
  const isMissing = row.entry && operationOf(row.entry.intent).makesTodo && !isCreated
  const isNew = isMissing || isGone(row)
  return isNew ? todos.create(title) : todos.change('updateTodo', row, { title })
}
