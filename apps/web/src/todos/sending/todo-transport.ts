import type { Client } from '@idem/client/create-client'
import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import { isTodo } from '@idem/contract/is-todo'
import type { Todo } from '@idem/contract/todo'
import {
  type Cancelled,
  type Outgoing,
  refusalOf,
  type ServerClock,
  type Transport,
} from '@idem/outbox'
import { mintKey } from '@idem/outbox/key'
import { freeze } from './freeze.ts'
import {
  type Answer,
  acceptsAnswer,
  acceptsIntent,
  exists,
  type Intent,
  type TodoRefusal,
} from './intent.ts'
import { never } from './never.ts'

type TodoTransport = Required<Omit<Transport<Intent, Answer, TodoRefusal>, 'migrate' | 'refusalOf'>>

/** The transport of todos: everything that the outbox needs from an app. */
export function todoTransport(client: () => Client, clock: ServerClock): TodoTransport {
  return {
    accepts: acceptsIntent,
    acceptsAnswer,
    freeze,

    async send(outgoing, signal) {
      try {
        return ownAnswer(outgoing, await attempt(client(), outgoing, signal))
      } catch (error) {
        const refusal: TodoRefusal | undefined = refusalOf(error)
        if (!isDone(outgoing.intent, refusal)) throw error
        const { current } = refusal
        return ownAnswer(outgoing, isTodo(current) ? current : { id: outgoing.intent.id })
      }
    },

    async remint(outgoing) {
      return (await mayGetNewKey(client(), outgoing)) ? mintKey(clock.now()) : undefined
    },

    async cancel(outgoing, signal) {
      // The outbox stores keys as text; this one was minted as a key.
      const idempotencyKey = outgoing.key as IdempotencyKey
      const cancelling = client().cancel.mutate({ idempotencyKey }, { signal })
      const outcome = await cancelling.catch(unlessFromFuture)
      if (outcome?.state !== 'answered') return effectOf(client(), outgoing)
      // A stored refusal is an answer without an effect.
      const { answer } = outcome
      return answer === undefined
        ? { state: 'cancelled' }
        : { state: 'answered', answer: ownAnswer(outgoing, answer) }
    },

    async readEpoch(signal) {
      const askedAt = Date.now()
      const { serverTime, ledgerEpoch } = await client().policy.query(undefined, { signal })
      clock.learn(serverTime, askedAt)
      return ledgerEpoch
    },
  }
}

function attempt(client: Client, outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Answer> {
  const input = { ...JSON.parse(outgoing.body), idempotencyKey: outgoing.key }
  const { intent } = outgoing
  switch (intent.operation) {
    case 'createTodo':
      return client.createTodo.mutate(input, { signal })
    case 'deleteTodo':
      return client.deleteTodo.mutate(input, { signal })
    case 'restoreTodo':
      return client.restoreTodo.mutate(input, { signal })
    case 'updateTodo':
      return client.updateTodo.mutate(input, { signal })
  }
  return never(intent)
}

/**
 * The answer with the version that the intent itself has left, which later operations name. A delete leaves
 * a tombstone, and a restore of any other tombstone is refused. The answer does not say who deleted: if
 * another device deleted the same version first, its tombstone is this one, and an undo on either device
 * brings the todo back. Where the server tells of a later version, another device has made it, and nobody
 * here has seen it.
 */
function ownAnswer(outgoing: Outgoing<Intent>, answer: Answer): Answer {
  const { intent, body } = outgoing
  const { version } = JSON.parse(body)
  if (!exists(answer)) {
    return version === undefined ? answer : { ...answer, tombstoneVersion: version + 1 }
  }
  // A create names no version, and leaves the first.
  const left = (version ?? 0) + 1
  if (answer.version < left) return answer
  if (answer.version === left) return hasMade(intent, answer) ? answer : beforeIt(outgoing, answer)
  const completed = 'completed' in intent && intent.completed
  return { ...answer, title: intent.title, completed, version: left }
}

/**
 * A restore changes no member. A todo with other ones was not deleted, and another device has written them,
 * so whatever follows names the version before it, and the person is asked.
 */
function hasMade(intent: Intent, { title, completed }: Todo): boolean {
  return (
    intent.operation !== 'restoreTodo' || (title === intent.title && completed === intent.completed)
  )
}

/** A key that is refused because it is more than a day ahead had no effect, and no attempt is late by a day. */
function unlessFromFuture(error: unknown): undefined {
  if (refusalOf(error)?.code !== 'key_from_future') throw error
}

/** The id was minted here, so an existing todo with it was created by an attempt whose key is forgotten. */
function isDone({ operation }: Intent, refusal: TodoRefusal | undefined): refusal is TodoRefusal {
  return operation === 'createTodo' && refusal?.code === 'id_taken'
}

/**
 * The key can have no further effect, but it, or an earlier key of this intent, may have had one that is
 * forgotten. The todo itself shows that.
 */
async function effectOf(client: Client, outgoing: Outgoing<Intent>): Promise<Cancelled<Answer>> {
  const { intent, body } = outgoing
  const todo = await readTodo(client, intent.id)
  switch (intent.operation) {
    case 'createTodo':
    case 'restoreTodo':
      return effect(todo && ownAnswer(outgoing, todo))
    case 'updateTodo':
      return effect(todo && isUpdated(todo, body) ? beforeIt(outgoing, todo) : undefined)
    case 'deleteTodo':
      return effect(todo === undefined ? { id: intent.id } : undefined)
  }
  return never(intent)
}

/**
 * Another device may have made the same change. So whatever follows names the version before it, and the
 * person is asked.
 */
function beforeIt(outgoing: Outgoing<Intent>, todo: Todo): Todo {
  return { ...todo, version: JSON.parse(outgoing.body).version }
}

function effect(answer: Answer | undefined): Cancelled<Answer> {
  return answer === undefined ? { state: 'cancelled' } : { state: 'answered', answer }
}

/**
 * Whether an intent can be sent with another key, although its first one may have had an effect: not if
 * that would change a todo that the person has not seen. A create repeats its id, and a restore its
 * tombstone version.
 */
async function mayGetNewKey(client: Client, { intent, body }: Outgoing<Intent>): Promise<boolean> {
  switch (intent.operation) {
    case 'createTodo':
    case 'restoreTodo':
      return true
    case 'deleteTodo': {
      const todo = await readTodo(client, intent.id)
      return todo === undefined || todo.version === JSON.parse(body).version
    }
    case 'updateTodo':
      return (await readTodo(client, intent.id))?.version === JSON.parse(body).version
  }
  return never(intent)
}

/** Another version with the values of the update. */
function isUpdated(todo: Todo, body: string): boolean {
  const { version, title = todo.title, completed = todo.completed } = JSON.parse(body)
  return todo.version > version && todo.title === title && todo.completed === completed
}

export async function readTodo(client: Client, id: string): Promise<Todo | undefined> {
  try {
    return await client.getTodo.query({ id })
  } catch (error) {
    if (refusalOf(error)?.code === 'not_found') return undefined
    throw error
  }
}
