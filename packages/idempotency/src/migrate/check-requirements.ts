import type { Query } from '../adapter.ts'
import { quoted } from './table-steps.ts'
import { tableVersion } from './table-version.ts'

/** The entries of `installation.requires` that this release knows. A release that adds one to a database keeps the earlier ones out. */
export const knownRequirements: readonly string[] = ['accounts']

/**
 * The danger of a release that serves data it does not understand: it ignores rules of the newer
 * release, such as another way to divide the keys, and an intent has two effects.
 *
 * @throws when the data in that schema require something that this release does not know
 */
export async function checkRequirements(query: Query, schema = 'idem'): Promise<void> {
  if ((await tableVersion(query, schema)) === 0) return
  const rows = await query(
    `select unnest(requires) as required from ${quoted(schema)}.installation`,
    [],
  )
  const unknown = rows
    .map(({ required }) => String(required))
    .filter((each) => !knownRequirements.includes(each))
  if (unknown.length === 0) return
  throw new Error(
    `The data in the schema ${quoted(schema)} require ${unknown.join(', ')}, which this release of Idem does not know, so it does not use them; start the release that wrote them, or a later one.`,
  )
}
