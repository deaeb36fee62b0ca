import { type Client, createClient } from '@idem/client/create-client'
import { createOutbox, createServerClock } from '@idem/outbox'
import { installationOfPage } from '../../account/installation-name.ts'
import { outboxName } from '../../account/outbox-name.ts'
import { clientFetch } from '../../lab/client-fetch.ts'
import { announceAnswers } from '../../sync/announce-answers.ts'
import type { TodoOutbox } from './intent.ts'
import { createPolicyReader, type PolicyReader } from './read-policy.ts'
import { createSubmissions, type Submissions } from './submissions.ts'
import { todoTransport } from './todo-transport.ts'

/** The outbox and the client of the page, created once. */
export type Todos = Submissions & {
  readonly account: string
  readonly client: () => Client
  readonly policy: PolicyReader
  readonly outbox: TodoOutbox
}

export function createTodos(account: string): Todos {
  const clock = createServerClock()
  const fetch = announceAnswers(clientFetch, {
    onAnswer: () => outbox.serverAnswered(),
    onFailure: () => policy.doubt(),
  })
  const client = oncePerPage(() =>
    createClient({
      url: new URL('api/trpc', location.href).href,
      fetch,
      headers: { 'idem-account': account },
    }),
  )
  const installationId = installationOfPage()
  const policy = createPolicyReader({ client, clock, installationId })
  const outbox: TodoOutbox = createOutbox({
    name: outboxName(account),
    account,
    clock,
    ...todoTransport({ client, clock, policy }),
  })

  return { account, client, policy, outbox, ...createSubmissions(clock) }
}

/** Created lazily: during the build there is no server. */
function oncePerPage<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
