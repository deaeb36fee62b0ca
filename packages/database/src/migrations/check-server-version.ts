import type pg from 'pg'

/** The oldest version that Idem is tested with. */
const oldestVersion = 15

/** @throws a readable error when this PostgreSQL is too old, read-only or of another encoding than UTF8 */
export async function checkServerVersion(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query(propertiesStatement)
  const { number, version, read_only: readOnly, encoding } = rows[0]
  if (Math.trunc(Number(number) / 10_000) < oldestVersion) {
    throw new Error(
      `The database of DATABASE_URL is PostgreSQL ${version}; use version ${oldestVersion} or newer, or unset DATABASE_URL to use the embedded one.`,
    )
  }
  if (readOnly === 'on') {
    throw new Error(
      'The database of DATABASE_URL is read-only, possibly a standby; use the primary instead.',
    )
  }
  // SQL_ASCII is refused too: it stores any bytes and counts and compares bytes instead of characters.
  if (encoding !== 'UTF8') {
    throw new Error(
      `The database of DATABASE_URL has the encoding ${encoding}, which cannot store every title; create a database with the encoding UTF8 and use that one.`,
    )
  }
}

const propertiesStatement = `
  select current_setting('server_version_num') as number, current_setting('server_version') as version,
    current_setting('transaction_read_only') as read_only, current_setting('server_encoding') as encoding`
