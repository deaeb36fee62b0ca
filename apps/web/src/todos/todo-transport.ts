import type { Client } from '@idem/client/create-client'
import { mintKey } from '@idem/client/mint-key'
import { refusalOf } from '@idem/client/refusal-of'
import type { ServerClock } from '@idem/client/server-clock'
import type { Refusal } from '@idem/contract/refusal'
import type { Frozen, Outgoing, Sent, Transport } from '@idem/outbox/transport'
import { type Answer, type Intent, stands } from './intent.ts'

/** How todos travel: what the outbox asks of whoever uses it. */
export function todoTransport(
  client: () => Client,
  clock: ServerClock,
): Transport<Intent, Answer, Refusal> {
  return {
    freeze,

    async send(outgoing, signal) {
      try {
        return { state: 'answered', answer: await attempt(client(), outgoing, signal) }
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal === undefined) throw error
        if (refusal.serverTime !== undefined) clock.learn(refusal.serverTime)
        return declined(outgoing.intent, refusal)
      }
    },

    async remint({ intent, body }) {
      const mayGoOn = intent.operation === 'createTodo' || (await isAsSent(client(), body))
      return mayGoOn ? mintKey(clock.now()) : undefined
    },
  }
}

function freeze(intent: Intent, predecessor: Answer | undefined): Frozen<Refusal> {
  const { id, title } = intent
  if (intent.operation === 'createTodo') return { state: 'frozen', body: { id, title } }
  if (intent.version !== undefined) return versioned(id, intent.version)
  if (predecessor === undefined) {
    return { state: 'refused', refusal: { code: 'version_missing', retry: 'ask_person' } }
  }
  // Gone already: there is no version to name, and nothing that deleting could hit.
  return stands(predecessor)
    ? versioned(id, predecessor.version)
    : { state: 'frozen', body: { id } }
}

function versioned(id: string, version: number): Frozen<Refusal> {
  return { state: 'frozen', body: { id, version } }
}

function attempt(client: Client, outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Answer> {
  const input = { ...JSON.parse(outgoing.body), idempotencyKey: outgoing.key }
  switch (outgoing.intent.operation) {
    case 'createTodo':
      return client.createTodo.mutate(input, { signal })
    case 'deleteTodo':
      return client.deleteTodo.mutate(input, { signal })
  }
}

/** The id was minted here, so a todo that has it is this one, made by an attempt whose key is forgotten. */
function declined(intent: Intent, refusal: Refusal): Sent<Answer, Refusal> {
  if (intent.operation === 'createTodo' && refusal.code === 'id_taken') {
    return { state: 'answered', answer: refusal.current ?? { id: intent.id } }
  }
  return { state: 'refused', refusal }
}

/** Before a delete goes out under another key: is the todo still the one it was meant for, or gone? */
async function isAsSent(client: Client, body: string): Promise<boolean> {
  const { id, version } = JSON.parse(body)
  try {
    return (await client.getTodo.query({ id })).version === version
  } catch (error) {
    if (refusalOf(error)?.code === 'not_found') return true
    throw error
  }
}
