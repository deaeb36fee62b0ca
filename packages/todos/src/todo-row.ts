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
  const createdAt = row.createdAt.toISOString()
  return {
    id: row.id,
    title: row.title,
    completed: row.completed,
    version: row.version,
    createdAt,
    // One time in a new row, and the text of a time costs more than the rest of this function.
    updatedAt: row.updatedAt === row.createdAt ? createdAt : row.updatedAt.toISOString(),
  }
}
