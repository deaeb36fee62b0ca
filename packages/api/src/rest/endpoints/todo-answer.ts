import type { Todo } from '@idem/contract/todo'
import type { StoredAnswer } from '@idem/operations/stored-answer'

/** A stored todo, equal to the byte, with its version as the ETag. */
export function todoAnswer(answer: StoredAnswer<Todo>) {
  const { version } = answer.value()
  return { text: answer.text, replayed: answer.replayed, headers: { etag: `"${version}"` } }
}
