import { createClient } from '@idem/client/create-client'
import { mintKey } from '@idem/client/mint-key'
import { refusalOf } from '@idem/client/refusal-of'

const url = process.env.IDEM_URL ?? 'http://127.0.0.1:3000'

try {
  const client = createClient({ url })

  // One intent, one key. A retry, a double click or a lost answer sends exactly this again.
  const intent = { idempotencyKey: mintKey(), title: 'Buy milk' }

  const first = await client.createTodo.mutate(intent)
  console.log(`Created "${first.title}" with the id ${first.id}.`)

  const again = await client.createTodo.mutate(intent)
  console.log(`Sent the same intent again and got the id ${again.id}.`)

  const { todos } = await client.listTodos.query()
  const count = todos.filter((todo) => todo.id === first.id || todo.id === again.id).length
  if (again.id !== first.id || count !== 1) {
    throw new Error(`Expected one todo for one intent, found ${count}.`)
  }
  console.log('Sent twice, created once: the list contains one todo.')
} catch (error) {
  console.error(plainly(error))
  process.exitCode = 1
}

function plainly(error: unknown): string {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return `The server at ${url} declined: ${refusal.code}.`
  if (error instanceof Error && error.cause instanceof TypeError) {
    return `No server answers at ${url}. Start one with "npm start", or name another in IDEM_URL.`
  }
  return error instanceof Error ? error.message : String(error)
}
