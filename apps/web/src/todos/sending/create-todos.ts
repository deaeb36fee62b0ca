import { type Client, createClient } from '@idem/client/create-client'
import { mintId } from '@idem/client/mint-id'
import { mintKey } from '@idem/client/mint-key'
import { createServerClock, type ServerClock } from '@idem/client/server-clock'
import { createOutbox, type Submission } from '@idem/outbox'
import type { Row } from '../list/merge-optimistic.ts'
import { type Intent, intentVersion, type TodoOutbox } from './intent.ts'
import { mintingTime } from './minting-time.ts'
import { todoTransport } from './todo-transport.ts'

/** The outbox, client and clock of the page, created once. */
export type Todos = {
  readonly client: () => Client
  readonly clock: ServerClock
  readonly outbox: TodoOutbox
  /** One submission of a text; the only place that mints its key and the todo's id. */
  create(title: string, draft: string): Submission<Intent>
  remove(row: Row): Submission<Intent>
}

export function createTodos(): Todos {
  const clock = createServerClock()
  const client = oncePerPage(() => createClient({ url: '/' }))
  const outbox: TodoOutbox = createOutbox({
    name: 'todos',
    // There is no sign-in yet; with one this is the account.
    account: 'local',
    ...todoTransport(client, clock),
  })

  return {
    client,
    clock,
    outbox,
    create(title, draft) {
      const id = mintId(mintingTime(clock.now()))
      const intent: Intent = { v: intentVersion, operation: 'createTodo', id, title }
      return { key: mintKey(clock.now()), orderingKey: id, intent, note: draft }
    },
    remove({ id, title, version }) {
      const seen = version === undefined ? {} : { version }
      const intent: Intent = { v: intentVersion, operation: 'deleteTodo', id, title, ...seen }
      return { key: mintKey(clock.now()), orderingKey: id, intent }
    },
  }
}

/** Created lazily: during the build there is no server. */
function oncePerPage<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
