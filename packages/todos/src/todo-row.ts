import type { Todo } from '@idem/contract/todo'

/** A row of the table `todo`; Prisma's row has these members and more. */
export type TodoRow = {
  readonly id: string
  readonly title: string
  readonly completed: boolean
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

export function toTodo(row: TodoRow): Todo {
  const createdAt = textOf(row.createdAt)
  return {
    id: row.id,
    title: row.title,
    completed: row.completed,
    version: row.version,
    createdAt,
    updatedAt: row.updatedAt === row.createdAt ? createdAt : textOf(row.updatedAt),
  }
}

/** A busy server makes several todos in a millisecond, and the text of a time costs more than the rest of a todo. */
let latest = { ms: Number.NaN, text: '' }

function textOf(time: Date): string {
  const ms = time.getTime()
  if (ms !== latest.ms) latest = { ms, text: time.toISOString() }
  return latest.text
}
