import type pg from 'pg'

/** Calls the listener with every SQLSTATE that the database sends to a client, also when a library above pg swallows the error. */
export function onSqlState(client: pg.ClientBase, listener: (state: string) => void): void {
  // Missing in the types of pg.
  const { connection } = client as pg.ClientBase & { readonly connection: Connection }
  connection.on('errorMessage', ({ code }) => listener(code ?? ''))
}

type Connection = {
  on(event: 'errorMessage', listener: (message: { readonly code?: string }) => void): void
}
