import { clockServers } from '../time/clock-servers.ts'

export type ModelWorld = Awaited<ReturnType<typeof modelWorld>>

/** Two servers with different retentions, as during a change of the setting, and their data. */
export async function modelWorld() {
  const servers = await clockServers([24, 48])
  const { sql } = servers

  return {
    ...servers,
    /** The rows of the database. */
    async rows() {
      const todos = await sql.query(
        `select id, title, completed, version, deleted_at is not null as deleted
         from todo order by id`,
      )
      const records = await sql.query(
        'select key, coalesce(answer, refusal) as text, cancelled from idem.idempotency_record order by key',
      )
      return { todos: todos.rows, records: records.rows }
    },
  }
}
