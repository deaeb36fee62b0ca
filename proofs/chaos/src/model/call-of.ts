import type { MovableClock } from '@idem/test-support/movable-clock'
import { v7 } from 'uuid'
import type { Call, KeyedCall } from './call.ts'
import { emptyModel, type Model, type ModelTime, startOfTime } from './model.ts'
import type { Key, Named, NewId, Owner, Step, Version } from './step.ts'

/** The calls of a sequence so far, which define the numbers in a step. Owners use each other's keys and ids. */
export type Past = {
  readonly time: ModelTime
  /** For each owner. */
  readonly models: readonly [Model, Model, Model]
  readonly calls: CallOfOwner[]
  readonly keys: string[]
  /** In order of their first appearance, with or without a todo. */
  readonly ids: Set<string>
  readonly story: string[]
  readonly met: string[]
}

export type CallOfOwner = { readonly owner: Owner; readonly call: KeyedCall }

export function newPast(): Past {
  const time = startOfTime()
  const models = [emptyModel(time), emptyModel(time), emptyModel(time)] as const
  return { time, models, calls: [], keys: [], ids: new Set(), story: [], met: [] }
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
      const input = { id, ...versioned(past, id, step) }
      const operation = step.do === 'delete' ? 'deleteTodo' : 'restoreTodo'
      return { operation, ...keyed(clock, past, step.key), input }
    }
    case 'update': {
      const id = idOf(past, step.todo)
      const { title, completed } = step
      const part = {
        ...(title === undefined ? {} : { title }),
        ...(completed === undefined ? {} : { completed }),
      }
      const whole = { title: 'Buy milk', completed: true, ...part }
      const input =
        step.version === 'none' ? { id, ...whole } : { id, ...versioned(past, id, step), ...part }
      return { operation: 'updateTodo', ...keyed(clock, past, step.key), input }
    }
  }
}

/** The call to repeat; undefined before the first. */
export function earlierCall(
  { calls }: Past,
  { call: at, owner, title }: Extract<Step, { do: 'retry' }>,
): CallOfOwner | undefined {
  const first = calls[at % calls.length]
  if (first === undefined) return undefined
  return { owner: owner ?? first.owner, call: withTitle(first.call, title) }
}

function withTitle(call: KeyedCall, title: string | undefined): KeyedCall {
  if (title === undefined) return call
  if (call.operation === 'createTodo') return { ...call, input: { ...call.input, title } }
  if (call.operation === 'updateTodo') return { ...call, input: { ...call.input, title } }
  return call
}

function keyed(clock: MovableClock, past: Past, key: Key): { key?: string } {
  const name = keyOf(clock, past, key)
  return name === undefined ? {} : { key: name }
}

function keyOf(clock: MovableClock, { time, keys }: Past, key: Key): string | undefined {
  switch (key.kind) {
    case 'none':
      return undefined
    case 'opaque':
      return `key-${keys.length}!~%2F'`
    case 'timed': {
      const name = v7({ msecs: clock.now() + key.minutes * 60_000 })
      time.minted.set(name, time.now + key.minutes)
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

function versioned(
  { models }: Past,
  id: string,
  { owner, version }: { readonly owner: Owner; readonly version: Version | 'none' },
): { version?: number } {
  if (version === 'none') return {}
  const right = models[owner].todos.get(id.toLowerCase())?.todo.version ?? 1
  if (version === 'right') return { version: right }
  return { version: version === 'stale' ? Math.max(1, right - 1) : right + 1 }
}
