import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { claimLink, createInvite } from './links.ts'
import type { Query } from './query.ts'
import { createCallerLookup } from './session/caller-lookup.ts'

/** A database with the account of each name, whose address is `NAME@todo.example`. */
export async function accountsDatabase(...names: readonly string[]) {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const query: Query = async (text, values) => (await pool.query(text, [...values])).rows
  await query(`update idem.installation set requires = '{accounts}'`, [])
  const owners: Record<string, string> = {}
  for (const name of names) {
    const { token } = await createInvite(query)
    const email = `${name}@todo.example`
    owners[name] = await claimLink(query, { token, email, name, passwordHash: 'hash' })
  }
  return {
    query,
    owners,
    /** The look-up of a process that has nothing in its cache. */
    ownerOf: (token: string) => createCallerLookup(query).ownerOf(token),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}
