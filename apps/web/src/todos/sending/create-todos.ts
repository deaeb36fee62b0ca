import { type Client, createClient } from '@idem/client/create-client'
import { mintId } from '@idem/client/mint-id'
import { mintKey } from '@idem/client/mint-key'
import { createServerClock, type ServerClock } from '@idem/client/server-clock'
import { createOutbox, type Submission } from '@idem/outbox'
import { clientFetch } from '../../lab/client-fetch.ts'
import type { Row } from '../list/merge-optimistic.ts'
import { type Intent, intentVersion, type TodoOutbox } from './intent.ts'
import { mintingTime } from './minting-time.ts'
import { todoTransport } from './todo-transport.ts'

/** The outbox, client and clock of the page, created once. */
export type Todos = {
  readonly client: () => Client
  readonly clock: ServerClock
  readonly outbox: TodoOutbox
  /** One submission of a text, made from a draft; the only place that mints its key and the todo's id. */
  create(title: string, draft?: string): TodoSubmission
  remove(row: Seen): TodoSubmission
  /** Only the given members are sent; what another device changed in the others remains. */
  update(row: Seen, change: Change): TodoSubmission
  restore(row: Seen): TodoSubmission
}

/** The key is minted here, on the server's clock. */
export type TodoSubmission = Submission<Intent> & {
  readonly key: string
  readonly orderingKey: string
}

/** A row on which a person decides. A version that is unknown is taken from the previous answer. */
export type Seen = Pick<Row, 'id' | 'title' | 'completed' | 'version'>
export type Change = { readonly title?: string; readonly completed?: boolean }

export function createTodos(): Todos {
  const clock = createServerClock()
  const client = oncePerPage(() => createClient({ url: '/', fetch: clientFetch }))
  const outbox: TodoOutbox = createOutbox({
    name: 'todos',
    // There is no sign-in yet; with one this is the account.
    account: 'local',
    ...todoTransport(client, clock),
  })

  function submission(intent: Intent, note?: string): TodoSubmission {
    const key = mintKey(clock.now())
    return { key, orderingKey: intent.id, intent, ...(note !== undefined && { note }) }
  }

  return {
    client,
    clock,
    outbox,
    create(title, draft) {
      const id = mintId(mintingTime(clock.now()))
      return submission({ v: intentVersion, operation: 'createTodo', id, title }, draft)
    },
    remove({ id, title, version }) {
      return submission({ v: intentVersion, operation: 'deleteTodo', id, title, ...seen(version) })
    },
    update({ id, title, completed, version }, change) {
      const shown = { title, completed, ...change }
      const changes = members.filter((member) => change[member] !== undefined)
      const operation = 'updateTodo'
      return submission({ v: intentVersion, operation, id, ...shown, changes, ...seen(version) })
    },
    restore({ id, title, completed, version }) {
      const operation = 'restoreTodo'
      return submission({ v: intentVersion, operation, id, title, completed, ...seen(version) })
    },
  }
}

const members = ['title', 'completed'] as const

function seen(version: number | undefined): { version?: number } {
  return version === undefined ? {} : { version }
}

/** Created lazily: during the build there is no server. */
function oncePerPage<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
