import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@idem/client/create-client'
import { mintKey } from '@idem/client/mint-key'
import { refusalOf } from '@idem/client/refusal-of'
import { retryDelayMs } from '@idem/client/retry-delay'

const url = process.env.IDEM_URL ?? 'http://127.0.0.1:3000'

/** A program that nobody waits for has no reason to give up; this one has a person in front of it. */
const mostAttempts = 4

try {
  const client = createClient({ url })

  // One intent, one key. A retry, a double click or a lost answer sends exactly this again.
  const intent = { idempotencyKey: mintKey(), title: 'Buy milk' }

  const first = await untilAnswered(() => client.createTodo.mutate(intent))
  console.log(`Created "${first.title}" with the id ${first.id}.`)

  const again = await untilAnswered(() => client.createTodo.mutate(intent))
  console.log(`Sent the same intent again and got the id ${again.id}.`)

  const { todos } = await untilAnswered(() => client.listTodos.query())
  const count = todos.filter((todo) => todo.id === first.id || todo.id === again.id).length
  if (again.id !== first.id || count !== 1) {
    throw new Error(`Expected one todo for one intent, found ${count}.`)
  }
  console.log('Sent twice, created once: the list contains one todo.')
} catch (error) {
  console.error(plainly(error))
  process.exitCode = 1
}

/** Sends the same again while that is of use, as late as an overloaded server asks for. */
async function untilAnswered<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await send()
    } catch (error) {
      const waitMs = retryDelayMs(error, attempts)
      if (waitMs === undefined || attempts === mostAttempts) throw error
      await pause(waitMs)
    }
  }
}

function plainly(error: unknown): string {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return `The server at ${url} declined: ${refusal.code}.`
  if (error instanceof Error && error.cause instanceof TypeError) {
    return `No server answers at ${url}. Start one with "npm start", or name another in IDEM_URL.`
  }
  return error instanceof Error ? error.message : String(error)
}
