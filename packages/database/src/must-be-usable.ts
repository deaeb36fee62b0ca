import type pg from 'pg'

/** The oldest that its makers still mend. */
const oldestVersion = 15

/** @throws an error whose message is a sentence where this PostgreSQL cannot serve */
export async function mustBeUsable(client: Pick<pg.Client, 'query'>): Promise<void> {
  const { rows } = await client.query(lookStatement)
  const { number, version, read_only: readOnly } = rows[0]
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
}

const lookStatement = `
  select current_setting('server_version_num') as number, current_setting('server_version') as version,
    current_setting('transaction_read_only') as read_only`
