import type { Random } from '@idem/test-support/random'
import type { TodoScreen } from '../support/todo-screen.ts'
import type { Device } from './device.ts'
import type { Ledger } from './ledger.ts'
import type { RunServer } from './run-server.ts'
import type { Trouble } from './troubles.ts'

/** A person with a device, while faults occur. */
export type Run = {
  readonly random: Random
  /** The first word of each title. */
  readonly word: string
  readonly trouble: Trouble
  readonly server: RunServer
  readonly device: Device
  readonly ledger: Ledger
  /** The todos as the person left them, by id. */
  readonly todos: Map<string, ExpectedTodo>
  readonly tabs: Tab[]
  /** The events, in order. */
  readonly story: string[]
}

export type ExpectedTodo = {
  readonly id: string
  title: string
  completed: boolean
  isDeleted: boolean
  /** An entry of it was discarded, so the server decides its state. */
  isUncertain: boolean
}

export function newTodo({ id, title }: { id: string; title: string }): ExpectedTodo {
  return { id, title, completed: false, isDeleted: false, isUncertain: false }
}

export type Tab = {
  screen: TodoScreen
  /** The change that Undo reverts next, if this tab has made it and was not reloaded since. */
  undoable: Undoable[]
}

export type Undoable = {
  readonly todo: ExpectedTodo
  readonly back: Partial<Pick<ExpectedTodo, 'title' | 'completed' | 'isDeleted'>>
}
