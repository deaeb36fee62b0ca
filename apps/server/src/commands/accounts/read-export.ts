import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { TodoExport } from '@idem/contract/todo-export'

export type ReadExport = Pick<TodoExport, 'todos'> & {
  /** Other content is another file. */
  readonly fileHash: string
}

/** @throws a readable error when the file is not a complete export, or a todo breaks the contract */
export async function readExport(file: string): Promise<ReadExport> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new Error(`The export ${file} could not be read (${cause.message}).`, { cause })
  })
  const { data, error } = TodoExport.safeParse(parsed(file, text))
  if (data !== undefined) return { todos: data.todos, fileHash: hash('sha256', text) }
  const [member, index, column = 'whole todo'] = error.issues[0]?.path ?? []
  if (member !== 'todos' || typeof index !== 'number') throw foreign(file)
  throw new Error(
    `The export ${file} has an invalid todo, number ${index + 1} (${String(column)}), so nothing was imported; correct or remove it.`,
  )
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(
      `The export ${file} is damaged or truncated, so nothing was imported; use another one.`,
      { cause },
    )
  }
}

function foreign(file: string): Error {
  return new Error(
    `${file} is not an export of Idem, or one of a newer release, so nothing was imported; use a file that idem export wrote.`,
  )
}
