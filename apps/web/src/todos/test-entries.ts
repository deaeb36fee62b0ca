import type { Todo } from '@idem/contract/todo'
import type { Answer, Change, TodoRefusal } from './operations/operation.ts'
import { type Intent, operations } from './operations/operations.ts'
import type { TodoEntry, TodoOutcome, TodoSettled } from './sending/intent.ts'

/** Tests only: todos and what is under way to them, as short as they can be said. */
export function todo(id: string, version = 1): Todo {
  const createdAt = '2026-11-24T10:00:00.000Z'
  return { id, title: `title ${id}`, completed: false, version, createdAt, updatedAt: createdAt }
}

function seen(id: string) {
  return { id, title: `title ${id}`, completed: false }
}

/** A status, with what led to it. */
type Progress = TodoEntry['status'] & Partial<Pick<TodoEntry, 'attempts' | 'lastError'>>

export function creating(id: string, progress: Progress = { state: 'queued' }): TodoEntry {
  return entry(operations.createTodo.make(seen(id), {}), progress)
}

export function deleting(id: string, progress: Progress = { state: 'queued' }): TodoEntry {
  return entry(operations.deleteTodo.make(seen(id), {}), progress)
}

export function updating(
  id: string,
  change: Change,
  progress: Progress = { state: 'queued' },
): TodoEntry {
  return entry(operations.updateTodo.make(seen(id), change), progress)
}

export function restoring(id: string, progress: Progress = { state: 'queued' }): TodoEntry {
  return entry(operations.restoreTodo.make({ ...seen(id), completed: true }, {}), progress)
}

export function outcome(id: string, answer: Answer, settledAt: number): TodoOutcome {
  const intent = operations.createTodo.make(seen(id), {})
  return { orderingKey: id, intent, answer, settledAt, wasDiscarded: false }
}

/** The ending of an entry. */
export function settled(id: string, answer: Answer): TodoSettled {
  return { ...outcome(answer.id, answer, 1), id, key: id, attempts: 1 }
}

export function needsPerson(refusal: Partial<TodoRefusal> = {}): TodoEntry['status'] {
  const question = {
    kind: 'refused',
    refusal: { code: 'invalid_input', retry: 'never', ...refusal },
  } as const
  return { state: 'needs_person', question }
}

type LastError = NonNullable<TodoEntry['lastError']>

export function waiting(
  lastError: Partial<TodoRefusal> | 'no_answer' | 'storage full' | 'storage broken',
  retryAt = 0,
): Progress {
  return { state: 'waiting', retryAt, attempts: 1, lastError: failureOf(lastError) }
}

function failureOf(lastError: Parameters<typeof waiting>[0]): LastError {
  if (lastError === 'no_answer') return { kind: 'no_answer', message: 'Failed to fetch' }
  if (lastError === 'storage full') return { kind: 'storage', isFull: true }
  if (lastError === 'storage broken') return { kind: 'storage', isFull: false }
  return { kind: 'refused', refusal: { code: 'unavailable', retry: 'same_key', ...lastError } }
}

export function discarding(entry: TodoEntry): TodoEntry {
  return { ...entry, isDiscarding: true }
}

function entry(intent: Intent, progress: Progress): TodoEntry {
  const { attempts = 0, lastError, ...status } = progress
  const id = `${intent.operation} ${intent.id}`
  const identity = { id, key: id, orderingKey: intent.id, intent, addedAt: 0 }
  return { ...identity, isDiscarding: false, isUnknown: attempts > 0, attempts, lastError, status }
}
