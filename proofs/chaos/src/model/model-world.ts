import { clockServers } from '../time/clock-servers.ts'

export type ModelWorld = Awaited<ReturnType<typeof modelWorld>>

/** Two servers with different retentions, as during a change of the setting, and the data of three owners. */
export async function modelWorld() {
  const servers = await clockServers([24, 48], { accounts: ['ann', 'bob', 'cem'] })
  const { sql, owners } = servers

  return {
    ...servers,
    /** The rows of each owner. */
    async rows() {
      const todos = await sql.query(
        `select owner_id, id, title, completed, version, deleted_at is not null as deleted
         from todo order by id`,
      )
      const records = await sql.query(
        `select owner_id, key, coalesce(answer, refusal) as text, cancelled
         from idem.idempotency_record order by key`,
      )
      return owners.map((owner) => ({
        todos: rowsOfOwner(todos, owner),
        records: rowsOfOwner(records, owner),
      }))
    },
  }
}

function rowsOfOwner({ rows }: { rows: readonly Record<string, unknown>[] }, owner: string) {
  return rows.flatMap(({ owner_id, ...row }) => (owner_id === owner ? [row] : []))
}
