import { clockServers } from '../time/clock-servers.ts'

export type ModelWorld = Awaited<ReturnType<typeof modelWorld>>

/** Two servers of which one keeps keys longer, as while a setting is being raised, and what they leave behind. */
export async function modelWorld() {
  const servers = await clockServers([24, 48])
  const { sql } = servers

  return {
    ...servers,
    /** What the database holds. */
    async rows() {
      const todos = await sql.query(
        `select id, title, completed, version, deleted_at is not null as deleted
         from todo order by id`,
      )
      const records = await sql.query(
        'select key, coalesce(answer, refusal) as text, cancelled from idempotency_record order by key',
      )
      return { todos: todos.rows, records: records.rows }
    },
  }
}
