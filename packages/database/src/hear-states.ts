import type pg from 'pg'

/** Every SQLSTATE the database answers a client with, whoever asked: some errors are for Prisma's ears only. */
export function hearStates(client: pg.ClientBase, heard: (state: string) => void): void {
  // Missing in the types of pg.
  const { connection } = client as pg.ClientBase & { readonly connection: Connection }
  connection.on('errorMessage', ({ code }) => heard(code ?? ''))
}

type Connection = {
  on(event: 'errorMessage', listener: (message: { readonly code?: string }) => void): void
}
