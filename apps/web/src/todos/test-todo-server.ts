import type { Todo } from '@idem/contract/todo'
import type { Answer, TodoRefusal } from './operations/operation.ts'
import type { Intent } from './operations/operations.ts'

type Member = 'title' | 'completed'
type Stored = {
  readonly todo: Todo
  readonly isDeleted: boolean
  /** Who wrote each member last, in which version. */
  readonly writers: Readonly<Record<Member, { readonly device: string; readonly version: number }>>
}
export type Received = Partial<Pick<Todo, Member | 'version'>> &
  Pick<Todo, 'id'> & { readonly idempotencyKey: string }
/** A value of another device that an operation replaces. */
export type Overwriting = {
  readonly device: string
  readonly key: string
  readonly member: Member
  readonly value: string | boolean
}

const dayMs = 86_400_000
const at = '2026-11-24T10:00:00.000Z'

type Settings = {
  readonly now: () => number
  readonly onOverwriting: (what: Overwriting) => void
  /** An attempt under this key has changed something. */
  readonly onEffect: (device: string, key: string) => void
}

/** Tests only: the todos and keys of one owner, with the rules of the server, and who wrote what. */
export function createTodoServer({ now, onOverwriting, onEffect }: Settings) {
  let isChanged = false
  const todos = new Map<string, Stored>()
  const records = new Map<string, () => Answer>()
  const refusals: string[] = []

  function refuse(
    code: string,
    more: Partial<TodoRefusal> & { readonly deleted?: true } = {},
  ): never {
    refusals.push(code)
    const retry = code === 'version_conflict' ? 'ask_person' : 'never'
    throw Object.assign(new Error(code), { data: { refusal: { code, retry, ...more } } })
  }

  function change(device: string, stored: Stored, to: Partial<Todo>, isDeleted: boolean): Todo {
    isChanged = true
    const version = stored.todo.version + 1
    const todo = { ...stored.todo, ...to, version }
    const writer = { device, version }
    const writers = {
      title: to.title === undefined ? stored.writers.title : writer,
      completed: to.completed === undefined ? stored.writers.completed : writer,
    }
    todos.set(todo.id, { todo, isDeleted, writers })
    return todo
  }

  function reportOverwriting(
    device: string,
    key: string,
    replaced: readonly Member[],
    stored: Stored,
  ) {
    for (const member of replaced) {
      const last = stored.writers[member]
      if (last.device !== device) onOverwriting({ device, key, member, value: stored.todo[member] })
    }
  }

  const operations: Record<Intent['operation'], (device: string, input: Received) => Answer> = {
    createTodo(device, { id, title = '' }) {
      const existing = todos.get(id)
      if (existing === undefined) {
        const todo = { id, title, completed: false, version: 1, createdAt: at, updatedAt: at }
        isChanged = true
        const writer = { device, version: 1 }
        todos.set(id, { todo, isDeleted: false, writers: { title: writer, completed: writer } })
        return todo
      }
      const { todo, isDeleted } = existing
      if (isDeleted) refuse('id_taken', { deleted: true })
      return todo.version === 1 && todo.title === title
        ? todo
        : refuse('id_taken', { current: todo })
    },
    deleteTodo(device, { id, version, idempotencyKey }) {
      const stored = todos.get(id)
      if (stored === undefined || stored.isDeleted) return { id }
      if (version !== undefined && version !== stored.todo.version) {
        refuse('version_conflict', { current: stored.todo })
      }
      reportOverwriting(device, idempotencyKey, ['title', 'completed'], stored)
      change(device, stored, {}, true)
      return { id }
    },
    restoreTodo(device, { id, version }) {
      const stored = todos.get(id) ?? refuse('not_found')
      if (!stored.isDeleted) return stored.todo
      if (version !== undefined && version !== stored.todo.version) {
        refuse('version_conflict', { current: stored.todo })
      }
      return change(device, stored, {}, false)
    },
    updateTodo(device, { id, version, title, completed, idempotencyKey }) {
      const stored = todos.get(id)
      if (stored === undefined || stored.isDeleted) return refuse('not_found')
      const { todo } = stored
      if (version !== todo.version) refuse('version_conflict', { current: todo })
      const to = {
        ...(title !== undefined && { title }),
        ...(completed !== undefined && { completed }),
      }
      const replaced = (['title', 'completed'] as const).filter(
        (member) => to[member] !== undefined && to[member] !== todo[member],
      )
      reportOverwriting(device, idempotencyKey, replaced, stored)
      return change(device, stored, to, false)
    },
  }

  /** Runs once for each key, and then repeats what that gave. */
  function once(key: string, run: () => Answer): Answer {
    const stored = records.get(key)
    if (stored !== undefined) return stored()
    if (isExpired(key)) {
      refuse('key_expired', { retry: 'new_key', serverTime: new Date(now()).toISOString() })
    }
    try {
      const answer = run()
      records.set(key, () => answer)
      return answer
    } catch (error) {
      records.set(key, () => {
        throw error
      })
      throw error
    }
  }

  function isExpired(key: string): boolean {
    return now() - Number.parseInt(key.replaceAll('-', '').slice(0, 12), 16) > dayMs
  }

  return {
    refusals,
    list: () => [...todos.values()].flatMap(({ todo, isDeleted }) => (isDeleted ? [] : todo)),
    receive: (device: string, operation: Intent['operation'], input: Received) =>
      once(input.idempotencyKey, () => {
        isChanged = false
        const answer = operations[operation](device, input)
        if (isChanged) onEffect(device, input.idempotencyKey)
        return answer
      }),
    getTodo({ id }: Pick<Todo, 'id'>): Todo {
      const stored = todos.get(id)
      return stored === undefined || stored.isDeleted ? refuse('not_found') : stored.todo
    },
    cancel({ idempotencyKey: key }: Pick<Received, 'idempotencyKey'>) {
      if (records.has(key)) {
        try {
          return { state: 'answered', answer: once(key, () => refuse('cancelled')) }
        } catch {
          return { state: 'answered', refusal: {} }
        }
      }
      if (isExpired(key)) return { state: 'forgotten' }
      records.set(key, () => refuse('cancelled'))
      return { state: 'cancelled' }
    },
    /** A day later its keys are forgotten. */
    forget: () => records.clear(),
  }
}
