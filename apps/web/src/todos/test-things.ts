import type { Refusal } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import type { Answer, Intent, TodoEntry, TodoOutcome } from './intent.ts'

/** Tests only: todos and what is under way to them, as short as they can be said. */
export function todo(id: string, version = 1): Todo {
  const createdAt = '2026-11-24T10:00:00.000Z'
  return { id, title: `title ${id}`, completed: false, version, createdAt, updatedAt: createdAt }
}

export function creating(id: string, status: TodoEntry['status'] = { state: 'queued' }): TodoEntry {
  return entry({ operation: 'createTodo', id, title: `title ${id}` }, status)
}

export function deleting(id: string, status: TodoEntry['status'] = { state: 'queued' }): TodoEntry {
  return entry({ operation: 'deleteTodo', id, title: `title ${id}` }, status)
}

export function outcome(id: string, answer: Answer, settledAt: number): TodoOutcome {
  const intent: Intent = { operation: 'createTodo', id, title: `title ${id}` }
  return { orderingKey: id, intent, answer, settledAt }
}

export function needsPerson(refusal: Partial<Refusal> = {}): TodoEntry['status'] {
  return { state: 'needs_person', refusal: { code: 'invalid_input', retry: 'never', ...refusal } }
}

export function waiting(
  lastError: Partial<Refusal> | 'no_answer',
  retryAt = 0,
): TodoEntry['status'] {
  return {
    state: 'waiting',
    retryAt,
    attempts: 1,
    lastError:
      lastError === 'no_answer'
        ? { kind: 'no_answer', message: 'Failed to fetch' }
        : { kind: 'refused', refusal: { code: 'unavailable', retry: 'same_key', ...lastError } },
  }
}

function entry(intent: Intent, status: TodoEntry['status']): TodoEntry {
  const id = `${intent.operation} ${intent.id}`
  return { id, key: id, orderingKey: intent.id, intent, addedAt: 0, status }
}
