import type { Row } from '../list/merge-optimistic.ts'
import type { Intent, TodoEntry, TodoOutbox, UpdateIntent } from '../sending/intent.ts'
import { never } from '../sending/never.ts'
import type { Change, Seen, Submissions, TodoSubmission } from '../sending/submissions.ts'

type Sending = Submissions & {
  readonly outbox: Pick<TodoOutbox, 'getSnapshot' | 'add' | 'discard'>
}

/** A refused entry is replaced by the delete of the todo on the screen. */
export async function removeTodo(todos: Sending, row: Row, removal: TodoSubmission) {
  if (row.entry?.status.state === 'needs_person') await discardAll(todos, row.id)
  await todos.outbox.add(removal).written
}

/** Discards the entries of a todo, last first, so that none of them is sent. */
export function discardAll(todos: Sending, id: string): Promise<void> {
  return discardEach(todos, entriesOf(todos, id))
}

/**
 * Replaces a refused change, and those that wait behind it, by new ones on the version that the person
 * now sees, with another title if one is given. The new ones are stored first, so that no text is lost in
 * between, and wait until the old ones are gone. Until the page sees that these are gone a person may
 * decide again: the same decision has the same keys, and takes effect once.
 */
export function createChangeAgain(todos: Sending) {
  const made = new Map<string, TodoSubmission>()
  /** For each new key the entry that it replaces. */
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
      const { intent } = entry
      const isNew = place === 0 && isGone({ entry, isMissing: row.isMissing })
      const first = { row, intent, title, isNew }
      const given = { id, ...(place === 0 ? onRow(first) : behind(intent, newKeys)) }
      const submission = submissionFor(entry, given, () =>
        isNew ? todos.create(given.title) : again(todos, intent, given),
      )
      // A new todo has a new id, and the later changes follow it.
      id = submission.orderingKey
      newKeys.set(entry.id, submission.key)
      await todos.outbox.add(submission).written
      const rest = place === 0 && restOf(first)
      if (rest) {
        const made = { completed: false, ...given, id, version: undefined }
        const changing = () => todos.update(made, rest)
        await todos.outbox.add(submissionFor(entry, { made, rest }, changing)).written
      }
    }
    await discardEach(todos, old)
  }
}

type First = {
  readonly row: Row
  readonly intent: Intent
  readonly title: string | undefined
  readonly isNew: boolean
}

/** The refused change itself. A restore brings back what the row shows, and changes no member of it. */
function onRow({ row, intent, title, isNew }: First) {
  const { version } = row
  if (isNew || intent.operation !== 'restoreTodo') return { version, title: title ?? intent.title }
  return { version, title: row.title, completed: row.completed }
}

/** What a new todo or a restored one does not get at once. */
function restOf({ row, intent, title, isNew }: First): Change | undefined {
  if (isNew) return 'completed' in intent && intent.completed ? { completed: true } : undefined
  const isRenamed = title !== undefined && title !== row.title
  return intent.operation === 'restoreTodo' && isRenamed ? { title } : undefined
}

/** A change that waits behind the refused one: on the version of its predecessor, or an undo as before. */
function behind(intent: Intent, newKeys: ReadonlyMap<string | undefined, string>) {
  const { title } = intent
  if (!('undoes' in intent)) return { title, version: undefined }
  const { version, undoes } = intent
  return { title, version, undoes: newKeys.get(undoes) ?? undoes }
}

/** A title that was written beside a refused change, which another tab has ended since. */
function renamed(todos: Sending, row: Row, title: string): TodoSubmission {
  const { outcomes } = todos.outbox.getSnapshot()
  const isCreated = outcomes.some(({ orderingKey }) => orderingKey === row.id)
  const isMissing = row.entry?.intent.operation === 'createTodo' && !isCreated
  const isNew = isMissing || isGone(row)
  return isNew ? todos.create(title) : todos.update(row, { title })
}

/** The server has no todo that could be changed. */
export function isGone({
  entry,
  isMissing,
}: Pick<Row, 'entry'> & { isMissing?: boolean | undefined }): boolean {
  if (isMissing) return true
  const status = entry?.status
  if (status?.state !== 'needs_person' || status.question.kind !== 'refused') return false
  return status.question.refusal.code === 'not_found'
}

type Given = Pick<Seen, 'id' | 'title' | 'version' | 'undoes'> & { readonly completed?: boolean }

function again(todos: Sending, intent: Intent, given: Given): TodoSubmission {
  const seen = { completed: 'completed' in intent && intent.completed, ...given }
  switch (intent.operation) {
    case 'createTodo':
      return todos.create(given.title)
    case 'deleteTodo':
      return todos.remove(seen)
    case 'restoreTodo':
      return todos.restore(seen)
    case 'updateTodo':
      return todos.update(seen, changeOf(intent, given.title))
  }
  return never(intent)
}

function changeOf({ changes, title: before, completed }: UpdateIntent, title: string): Change {
  return {
    ...((changes.includes('title') || title !== before) && { title }),
    ...(changes.includes('completed') && { completed }),
  }
}

function entriesOf({ outbox }: Pick<Sending, 'outbox'>, id: string): TodoEntry[] {
  return outbox.getSnapshot().entries.filter(({ orderingKey }) => orderingKey === id)
}

async function discardEach({ outbox }: Sending, entries: readonly TodoEntry[]): Promise<void> {
  for (const { id } of entries.toReversed()) await outbox.discard(id)
}
