import type { TodoEntry, TodoOutbox } from './sending/intent.ts'
import { createSubmissions, type TodoSubmission } from './sending/submissions.ts'

/** Tests only: an outbox with these entries, which records what is added and discarded, each key once. */
export function testOutbox(...entries: TodoEntry[]) {
  const added: TodoSubmission['intent'][] = []
  const keys = new Set<string>()
  const discarded: string[] = []
  const outbox = {
    getSnapshot: () => ({
      entries,
      outcomes: [],
      newer: [],
      settled: [],
      ready: true,
      durable: true,
    }),
    add({ key = '', intent }) {
      if (!keys.has(key)) added.push(intent)
      keys.add(key)
      return { key, written: Promise.resolve(), answer: new Promise<never>(() => {}) }
    },
    async discard(id) {
      discarded.push(id)
      return true
    },
  } satisfies Pick<TodoOutbox, 'getSnapshot' | 'add' | 'discard'>
  return { todos: { outbox, ...createSubmissions({ now: Date.now }) }, added, discarded }
}
