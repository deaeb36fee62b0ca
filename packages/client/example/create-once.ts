import { setTimeout as pause } from 'node:timers/promises'
import type { TodoRouter } from '@idem/api/todo-router'
import { createClient } from '@idem/client/create-client'
import { TRPCClientError } from '@trpc/client'
import { v7 as mintKey } from 'uuid'

const url = process.env.IDEM_URL ?? 'http://127.0.0.1:3000'

/** Long enough for a server that restarts, or for another attempt that is in progress. */
const pauseMs = 1_000

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

/** Sends the same again while that is of use, not before the time that an overloaded server asks for. */
async function untilAnswered<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await send()
    } catch (error) {
      const { retry, retryAfterMs = pauseMs } = refusalIn(error) ?? { retry: 'same_key' }
      if (retry !== 'same_key' || attempts === mostAttempts) throw error
      await pause(retryAfterMs)
    }
  }
}

/** Undefined: no answer was understood, so the attempt may have taken effect. */
function refusalIn(error: unknown) {
  return isOfServer(error) ? error.data?.refusal : undefined
}

function isOfServer(error: unknown): error is TRPCClientError<TodoRouter> {
  return error instanceof TRPCClientError
}

function plainly(error: unknown): string {
  const refusal = refusalIn(error)
  if (refusal) return `The server at ${url} declined: ${refusal.code}.`
  if (error instanceof Error && error.cause instanceof TypeError) {
    return `No server answers at ${url}. Start one with "npm start", or name another in IDEM_URL.`
  }
  return error instanceof Error ? error.message : String(error)
}
