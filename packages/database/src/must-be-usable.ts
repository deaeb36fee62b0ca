import type pg from 'pg'

/** The oldest that its makers still mend. */
const oldestVersion = 15

/** @throws an error whose message is a sentence where this PostgreSQL cannot serve */
export async function mustBeUsable(client: Pick<pg.Client, 'query'>): Promise<void> {
  const { rows } = await client.query(lookStatement)
  const { number, version, read_only: readOnly, encoding } = rows[0]
  if (Math.trunc(Number(number) / 10_000) < oldestVersion) {
    throw new Error(
      `The database of DATABASE_URL is PostgreSQL ${version}; name one of version ${oldestVersion} or newer, or leave DATABASE_URL out to use the embedded one.`,
    )
  }
  if (readOnly === 'on') {
    throw new Error(
      'The database of DATABASE_URL is read-only, a standby perhaps; name the primary instead.',
    )
  }
  // SQL_ASCII as well: it takes any bytes, and then counts and compares bytes where characters are meant.
  if (encoding !== 'UTF8') {
    throw new Error(
      `The database of DATABASE_URL has the encoding ${encoding}, which cannot hold every title; create one with the encoding UTF8 and name that one.`,
    )
  }
}

const lookStatement = `
  select current_setting('server_version_num') as number, current_setting('server_version') as version,
    current_setting('transaction_read_only') as read_only, current_setting('server_encoding') as encoding`
