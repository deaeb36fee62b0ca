import type pg from 'pg'

/** Calls the listener with every SQLSTATE that the database answers a client with, also where a library above pg keeps the error to itself. */
export function onSqlState(client: pg.ClientBase, listener: (state: string) => void): void {
  // Missing in the types of pg.
  const { connection } = client as pg.ClientBase & { readonly connection: Connection }
  connection.on('errorMessage', ({ code }) => listener(code ?? ''))
}

type Connection = {
  on(event: 'errorMessage', listener: (message: { readonly code?: string }) => void): void
}
