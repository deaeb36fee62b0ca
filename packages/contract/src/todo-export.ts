import { z } from 'zod'
import { Title, TodoId } from './todo.ts'

export const exportFormat = 'idem-export 1'

/** A file with the todos of an account. Other members are for people and other programs. */
export const TodoExport = z.object({
  format: z.literal(exportFormat),
  todos: z.array(z.object({ id: TodoId, title: Title, completed: z.boolean() })),
})
export type TodoExport = z.infer<typeof TodoExport>
