import { hash } from 'node:crypto'
import type { RefusalCode } from '@idem/contract/refusal'
import type { TodoExport } from '@idem/contract/todo-export'
import type { PrismaClient } from '@idem/database/prisma'
import type { Operations } from '../create-operations.ts'

export type ImportSettings = Pick<TodoExport, 'todos'> & {
  readonly operations: Pick<Operations, 'createTodo' | 'updateTodo'>
  readonly prisma: PrismaClient
  readonly owner: string
  readonly fileHash: string
  /** Stops after the current batch. */
  readonly signal: AbortSignal
}

type TodoToImport = TodoExport['todos'][number]

export type Imported = { readonly added: number; readonly present: number }

/** One batch of creates. */
const batchSize = 100

/**
 * Creates the todos that the account does not have, with their ids, by the operations that everybody uses.
 * Each has a key of its own, derived from file and id, so an import that was cut off is continued by the
 * next one, and another one changes nothing. A todo that exists, or was deleted, is left alone.
 */
export async function importTodos(settings: ImportSettings): Promise<Imported> {
  const { todos, signal } = settings
  let added = 0
  for (let from = 0; from < todos.length; from += batchSize) {
    signal.throwIfAborted()
    added += await importBatch(settings, todos.slice(from, from + batchSize))
  }
  return { added, present: todos.length - added }
}

/** Returns how many were added. */
async function importBatch(
  settings: ImportSettings,
  todos: readonly TodoToImport[],
): Promise<number> {
  const { prisma, owner: ownerId } = settings
  const stored = await prisma.todo.findMany({
    where: { ownerId, id: { in: todos.map(({ id }) => id) } },
    select: { id: true, createdKey: true },
  })
  const creators = new Map(stored.map(({ id, createdKey }) => [id, createdKey]))
  const isAdded = await Promise.all(
    todos.map((todo) => importTodo(settings, { todo, creator: creators.get(todo.id) })),
  )
  return isAdded.filter(Boolean).length
}

type Found = {
  readonly todo: TodoToImport
  /** The key that created the stored todo of this id; undefined when there is none. */
  readonly creator: string | null | undefined
}

/** Whether it was added. */
async function importTodo(settings: ImportSettings, { todo, creator }: Found): Promise<boolean> {
  const key = `import-${hash('sha256', `${settings.fileHash} ${todo.id}`)}`
  const isMissing = creator === undefined
  if (isMissing && !(await isCreated(settings, todo, key))) return false
  // Also one that this file added before the import was cut off.
  if (todo.completed && (isMissing || creator === key)) await complete(settings, todo, key)
  return isMissing
}

async function isCreated(
  { operations, owner }: ImportSettings,
  { id, title }: TodoToImport,
  key: string,
): Promise<boolean> {
  const input = { id, title }
  return await succeeds(
    operations.createTodo({ owner }, { key, input, arrived: input }),
    'id_taken',
  )
}

/** Another version was changed by a person since. */
async function complete(
  { operations, owner }: ImportSettings,
  { id }: TodoToImport,
  key: string,
): Promise<void> {
  const input = { id, version: 1, completed: true }
  const call = { key: `${key}-completed`, input, arrived: input }
  await succeeds(operations.updateTodo({ owner }, call), 'version_conflict', 'not_found')
}

/** False when it is refused with one of these codes. */
async function succeeds(call: Promise<unknown>, ...codes: RefusalCode[]): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (codes.includes(Object(error).refusal?.code)) return false
    throw error
  }
}
