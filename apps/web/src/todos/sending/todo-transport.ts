import type { Client } from '@idem/client/create-client'
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
import {
  type Answer,
  type Body,
  exists,
  found,
  type Seen,
  type TodoRefusal,
} from '../operations/operation.ts'
import { type Intent, operationOf, shownAfter } from '../operations/operations.ts'
import { acceptsAnswer, acceptsIntent } from './intent.ts'
import { learnVersions, versionSince } from './own-versions.ts'
import type { PolicyReader } from './read-policy.ts'

type TodoTransport = Required<Omit<Transport<Intent, Answer, TodoRefusal>, 'migrate' | 'refusalOf'>>

type Settings = {
  readonly client: () => Client
  readonly clock: ServerClock
  readonly policy: PolicyReader
}

/** The transport of todos: everything that the outbox needs from an app. */
export function todoTransport({ client, clock, policy }: Settings): TodoTransport {
  return {
    accepts: acceptsIntent,
    acceptsAnswer,

    freeze(intent, predecessor, settled) {
      const since = ({ id, version, undoes = '' }: Seen) =>
        versionSince({ id, undoes, version }, learnVersions(new Map(), settled))
      return operationOf(intent).freeze(intent, { predecessor, since })
    },

    async send(outgoing, signal) {
      const { intent } = outgoing
      const { name, isDone } = operationOf(intent)
      const input = { ...JSON.parse(outgoing.body), idempotencyKey: outgoing.key }
      await policy.confirm(signal)
      try {
        return ownAnswer(outgoing, await client()[name].mutate(input, { signal }))
      } catch (error) {
        const refusal: TodoRefusal | undefined = refusalOf(error)
        if (!isDone?.(refusal)) throw error
        const current = refusal?.current
        return ownAnswer(outgoing, isTodo(current) ? current : { id: intent.id })
      }
    },

    async remint({ intent, body }) {
      const read = () => readTodo(client(), intent.id)
      const isAllowed = await operationOf(intent).mayGetNewKey(read, JSON.parse(body))
      return isAllowed ? mintKey(clock.now()) : undefined
    },

    revise({ intent, body }, { code, current }) {
      // It is stored with the key, which has no effect in any attempt.
      if (code !== 'version_conflict' || !isTodo(current)) return undefined
      const sent: Body = JSON.parse(body)
      switch (operationOf(intent).merge?.(intent, current) ?? 'ask') {
        case 'repeat':
          return { key: mintKey(clock.now()), body: { ...sent, version: current.version } }
        case 'done':
          return { answer: found(current, sent.version ?? 0) }
        case 'ask':
          return undefined
      }
    },

    async cancel(outgoing, signal) {
      await policy.confirm(signal)
      const cancelling = client().cancel.mutate({ idempotencyKey: outgoing.key }, { signal })
      const outcome = await cancelling.catch(unlessFromFuture)
      if (outcome?.state !== 'answered') return effectOf(client(), outgoing)
      // A stored refusal is an answer without an effect.
      const { answer } = outcome
      return answer === undefined
        ? { state: 'cancelled' }
        : { state: 'answered', answer: ownAnswer(outgoing, answer) }
    },

    readEpoch: async (signal) => (await policy.read(signal)).ledgerEpoch,
  }
}

/**
 * The answer with the version that the intent itself has left, which later operations name. A delete leaves
 * a tombstone, and a restore of any other tombstone is refused. The answer does not say who deleted: if
 * another device deleted the same version first, its tombstone is this one, and an undo on either device
 * brings the todo back. Where the server tells of a later version, another device has made it, and nobody
 * here has seen it.
 */
function ownAnswer(outgoing: Outgoing<Intent>, answer: Answer): Answer {
  const { intent } = outgoing
  const { version }: Body = JSON.parse(outgoing.body)
  if (!exists(answer)) {
    return version === undefined ? answer : { ...answer, tombstoneVersion: version + 1 }
  }
  // A create names no version, and leaves the first.
  const left = (version ?? 0) + 1
  if (answer.version < left) return answer
  if (answer.version > left) return { ...answer, ...shownAfter(intent), version: left }
  const hasMade = operationOf(intent).hasMade?.(intent, answer) ?? true
  return hasMade ? answer : found(answer, left - 1)
}

/** A key that is refused because it is more than a day ahead had no effect, and no attempt is late by a day. */
function unlessFromFuture(error: unknown): undefined {
  if (refusalOf(error)?.code !== 'key_from_future') throw error
}

/** The key can have no further effect, so the todo shows whether it had one. */
async function effectOf(client: Client, outgoing: Outgoing<Intent>): Promise<Cancelled<Answer>> {
  const { intent, body } = outgoing
  const todo: Todo | undefined = await readTodo(client, intent.id)
  const effect = operationOf(intent).effectIn(todo, JSON.parse(body))
  if (effect === undefined) return { state: 'cancelled' }
  return { state: 'answered', answer: exists(effect) ? ownAnswer(outgoing, effect) : effect }
}

export async function readTodo(client: Client, id: string): Promise<Todo | undefined> {
  try {
    return await client.getTodo.query({ id })
  } catch (error) {
    if (refusalOf(error)?.code === 'not_found') return undefined
    throw error
  }
}
