import { useEffect, useState } from 'react'
import { operationOf } from '../operations/operations.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoEntry, TodoSnapshot } from '../sending/intent.ts'
import { readTodo } from '../sending/todo-transport.ts'
import type { ReadTodos, TodoList } from './merge-optimistic.ts'

/**
 * The todos of entries whose effect the server may have lost or forgotten: a person decides by what it
 * has now. Those in the list are known; the others are read one after another, and again with each list.
 */
export function useReadTodos(
  client: Todos['client'],
  { entries }: Pick<TodoSnapshot, 'entries'>,
  list: TodoList | undefined,
): ReadTodos {
  const [read, setRead] = useState<ReadTodos>(new Map())
  const ids = entries
    .filter(isForgotten)
    .map(({ orderingKey }) => orderingKey)
    .join()

  useEffect(() => {
    const listed = new Set(list?.todos.map(({ id }) => id))
    const unknown = ids.split(',').filter((id) => id !== '' && !listed.has(id))
    let isOver = false
    async function readEach(): Promise<void> {
      for (const id of unknown) {
        const todo = (await readTodo(client(), id)) ?? null
        if (isOver) return
        setRead((before) => new Map(before).set(id, todo))
      }
    }
    // Without an answer nothing is claimed; the next list brings the next try.
    readEach().catch(() => undefined)
    return () => {
      isOver = true
    }
  }, [client, ids, list])

  return read
}

/** A create names its todo itself, and is sent again without a second effect. */
function isForgotten({ intent, status, isDiscarding }: TodoEntry): boolean {
  if (status.state !== 'needs_person' || isDiscarding) return false
  if (operationOf(intent).makesTodo) return false
  const { question } = status
  return (
    question.kind === 'restored' ||
    (question.kind === 'refused' && question.refusal.retry === 'new_key')
  )
}
