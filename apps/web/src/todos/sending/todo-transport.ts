import type { Client } from '@idem/client/create-client'
import { mintKey } from '@idem/client/mint-key'
import { type ReceivedRefusal, refusalOf } from '@idem/client/refusal-of'
import type { ServerClock } from '@idem/client/server-clock'
import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import type { Cancelled, Frozen, Outgoing, Transport } from '@idem/outbox'
import { type Answer, acceptsAnswer, acceptsIntent, exists, type Intent } from './intent.ts'
import { never } from './never.ts'

type TodoTransport = Required<Omit<Transport<Intent, Answer, ReceivedRefusal>, 'migrate'>>

/** The transport of todos: everything that the outbox needs from an app. */
export function todoTransport(client: () => Client, clock: ServerClock): TodoTransport {
  return {
    accepts: acceptsIntent,
    acceptsAnswer,
    refusalOf,
    freeze,

    async send(outgoing, signal) {
      try {
        return await attempt(client(), outgoing, signal)
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal?.serverTime !== undefined) clock.learn(refusal.serverTime)
        if (refusal !== undefined && isDone(outgoing.intent, refusal)) {
          return refusal.current ?? { id: outgoing.intent.id }
        }
        throw error
      }
    },

    async remint({ intent, body }) {
      const mayGoOn = intent.operation === 'createTodo' || (await isAsSent(client(), body))
      return mayGoOn ? mintKey(clock.now()) : undefined
    },

    async cancel({ key, intent }, signal) {
      // The outbox stores keys as text; this one was minted as a key.
      const idempotencyKey = key as IdempotencyKey
      const outcome = await client().cancel.mutate({ idempotencyKey }, { signal })
      if (outcome.state !== 'answered') return effectOf(client(), intent)
      // A stored refusal is an answer without an effect.
      const { answer } = outcome
      return answer === undefined ? { state: 'cancelled' } : { state: 'answered', answer }
    },

    async readEpoch(signal) {
      const askedAt = Date.now()
      const { serverTime, ledgerEpoch } = await client().policy.query(undefined, { signal })
      clock.learn(serverTime, askedAt)
      return ledgerEpoch
    },
  }
}

function freeze(intent: Intent, predecessor: Answer | undefined): Frozen<ReceivedRefusal> {
  const { id, title } = intent
  switch (intent.operation) {
    case 'createTodo':
      return { state: 'frozen', body: { id, title } }
    case 'deleteTodo':
      return intent.version === undefined
        ? deleteAfter(id, predecessor)
        : { state: 'frozen', body: { id, version: intent.version } }
  }
  return never(intent)
}

function deleteAfter(id: string, predecessor: Answer | undefined): Frozen<ReceivedRefusal> {
  if (predecessor === undefined) {
    return { state: 'refused', refusal: { code: 'version_missing', retry: 'ask_person' } }
  }
  // Already deleted: there is no version to send and nothing to delete.
  const version = exists(predecessor) ? { version: predecessor.version } : {}
  return { state: 'frozen', body: { id, ...version } }
}

function attempt(client: Client, outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Answer> {
  const input = { ...JSON.parse(outgoing.body), idempotencyKey: outgoing.key }
  const { intent } = outgoing
  switch (intent.operation) {
    case 'createTodo':
      return client.createTodo.mutate(input, { signal })
    case 'deleteTodo':
      return client.deleteTodo.mutate(input, { signal })
  }
  return never(intent)
}

/** The id was minted here, so an existing todo with it was created by an attempt whose key is forgotten. */
function isDone({ operation }: Intent, { code }: ReceivedRefusal): boolean {
  return operation === 'createTodo' && code === 'id_taken'
}

/**
 * The key can have no further effect, but it, or an earlier key of this intent, may have had one that is
 * forgotten. The todo itself shows that.
 */
async function effectOf(client: Client, { operation, id }: Intent): Promise<Cancelled<Answer>> {
  const todo = await readTodo(client, id)
  switch (operation) {
    case 'createTodo':
      return todo === undefined ? { state: 'cancelled' } : { state: 'answered', answer: todo }
    case 'deleteTodo':
      return todo === undefined ? { state: 'answered', answer: { id } } : { state: 'cancelled' }
  }
  return never(operation)
}

/** Before a delete is sent with another key: is the todo unchanged or gone? */
async function isAsSent(client: Client, body: string): Promise<boolean> {
  const { id, version } = JSON.parse(body)
  const todo = await readTodo(client, id)
  return todo === undefined || todo.version === version
}

async function readTodo(client: Client, id: string) {
  try {
    return await client.getTodo.query({ id })
  } catch (error) {
    if (refusalOf(error)?.code === 'not_found') return undefined
    throw error
  }
}
