import type { MovableClock } from '@idem/test-support/movable-clock'
import { v7 } from 'uuid'
import type { Call, KeyedCall } from './call.ts'
import { emptyModel, type Model } from './model.ts'
import type { Key, Named, NewId, Step, Version } from './step.ts'

/** The calls of a sequence so far, which define the numbers in a step. */
export type Past = {
  readonly model: Model
  readonly calls: KeyedCall[]
  readonly keys: string[]
  /** In order of their first appearance, with or without a todo. */
  readonly ids: Set<string>
  readonly story: string[]
  readonly met: string[]
}

export function newPast(): Past {
  return { model: emptyModel(), calls: [], keys: [], ids: new Set(), story: [], met: [] }
}

type Asking = Exclude<Step, { do: 'pass' | 'clean' | 'restart' | 'retry' }>

/** The step as a call, with its numbers resolved. */
export function callOf(clock: MovableClock, past: Past, step: Asking): Call {
  switch (step.do) {
    case 'get':
      return { operation: 'getTodo', input: { id: idOf(past, step.todo) } }
    case 'list':
      return { operation: 'listTodos', input: step.filter, limit: step.limit }
    case 'outcomeOf':
    case 'cancel':
      return { operation: step.do, key: keyOf(clock, past, step.key) ?? '' }
    case 'create': {
      const id = newIdOf(past, step.id)
      const input = { title: step.title, ...(id === undefined ? {} : { id }) }
      return { operation: 'createTodo', ...keyed(clock, past, step.key), input }
    }
    case 'delete':
    case 'restore': {
      const id = idOf(past, step.todo)
      const input = { id, ...versioned(past, id, step.version) }
      const operation = step.do === 'delete' ? 'deleteTodo' : 'restoreTodo'
      return { operation, ...keyed(clock, past, step.key), input }
    }
    case 'update': {
      const id = idOf(past, step.todo)
      const { title, completed, version } = step
      const part = {
        ...(title === undefined ? {} : { title }),
        ...(completed === undefined ? {} : { completed }),
      }
      const whole = { title: 'Buy milk', completed: true, ...part }
      const input =
        version === 'none' ? { id, ...whole } : { id, ...versioned(past, id, version), ...part }
      return { operation: 'updateTodo', ...keyed(clock, past, step.key), input }
    }
  }
}

/** The call to repeat; undefined before the first. */
export function earlierCall(
  { calls }: Past,
  { call: at, title }: Extract<Step, { do: 'retry' }>,
): KeyedCall | undefined {
  const call = calls[at % calls.length]
  if (call === undefined || title === undefined) return call
  if (call.operation === 'createTodo') return { ...call, input: { ...call.input, title } }
  if (call.operation === 'updateTodo') return { ...call, input: { ...call.input, title } }
  return call
}

function keyed(clock: MovableClock, past: Past, key: Key): { key?: string } {
  const name = keyOf(clock, past, key)
  return name === undefined ? {} : { key: name }
}

function keyOf(clock: MovableClock, { model, keys }: Past, key: Key): string | undefined {
  switch (key.kind) {
    case 'none':
      return undefined
    case 'opaque':
      return `key-${keys.length}!~%2F'`
    case 'timed': {
      const name = v7({ msecs: clock.now() + key.minutes * 60_000 })
      model.minted.set(name, model.now + key.minutes)
      return name
    }
    case 'used':
      return keys[key.at % keys.length] ?? 'never-used'
  }
}

function idOf({ ids }: Past, named: Named): string {
  if (named.kind === 'never') return named.id
  const id = [...ids][named.at % ids.size] ?? '99'
  return named.capitals ? id.toUpperCase() : id
}

function newIdOf(past: Past, id: NewId): string | undefined {
  if (id.kind === 'none') return undefined
  return id.kind === 'known' && past.ids.size > 0 ? idOf(past, id) : v7()
}

function versioned({ model }: Past, id: string, version: Version | 'none'): { version?: number } {
  if (version === 'none') return {}
  const right = model.todos.get(id.toLowerCase())?.todo.version ?? 1
  if (version === 'right') return { version: right }
  return { version: version === 'stale' ? Math.max(1, right - 1) : right + 1 }
}
