import { type Client, createClient } from '@idem/client/create-client'
import { createOutbox, createServerClock, type ServerClock } from '@idem/outbox'
import { clientFetch } from '../../lab/client-fetch.ts'
import { tellAnswers } from '../../sync/tell-answers.ts'
import type { TodoOutbox } from './intent.ts'
import { createSubmissions, type Submissions } from './submissions.ts'
import { todoTransport } from './todo-transport.ts'

/** The outbox, client and clock of the page, created once. */
export type Todos = Submissions & {
  readonly client: () => Client
  readonly clock: ServerClock
  readonly outbox: TodoOutbox
}

export function createTodos(): Todos {
  const clock = createServerClock()
  const fetch = tellAnswers(clientFetch, () => outbox.serverAnswered())
  const client = oncePerPage(() => createClient({ url: '/', fetch }))
  const outbox: TodoOutbox = createOutbox({
    name: 'todos',
    // There is no sign-in yet; with one this is the account.
    account: 'local',
    clock,
    ...todoTransport(client, clock),
  })

  return { client, clock, outbox, ...createSubmissions(clock) }
}

/** Created lazily: during the build there is no server. */
function oncePerPage<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
