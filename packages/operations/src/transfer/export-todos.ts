import { exportFormat } from '@idem/contract/todo-export'
import type { Operations } from '../create-operations.ts'

export type ExportSettings = {
  readonly operations: Pick<Operations, 'listTodos'>
  readonly owner: string
  readonly madeAt: Date
}

/** The text of a `TodoExport`, one todo a line. */
export async function* exportOf({
  operations,
  owner,
  madeAt,
}: ExportSettings): AsyncGenerator<string> {
  const head = { format: exportFormat, madeAt, deletedTodos: 'not included' }
  yield `${JSON.stringify(head).slice(0, -1)},"todos":[`
  let separator = '\n'
  let cursor: string | undefined
  do {
    const { value } = await operations.listTodos({ owner }, { show: 'all', limit: 100, cursor })
    for (const todo of value.todos) {
      yield `${separator}${JSON.stringify(todo)}`
      separator = ',\n'
    }
    cursor = value.nextCursor ?? undefined
  } while (cursor !== undefined)
  yield '\n]}\n'
}
