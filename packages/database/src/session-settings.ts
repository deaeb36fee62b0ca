export type SessionSettings = {
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
}

/**
 * The settings of each transaction. UTC, because Prisma's adapter writes dates
 * without their zone and reads them as if there were none.
 */
function settingsOf({ lockTimeoutMs, statementTimeoutMs }: SessionSettings) {
  return {
    lock_timeout: `${Math.trunc(lockTimeoutMs)}ms`,
    statement_timeout: `${Math.trunc(statementTimeoutMs)}ms`,
    idle_in_transaction_session_timeout: '5000ms',
    TimeZone: 'UTC',
    // Where Citus distributes the tables, a limit that is set for a transaction reaches all nodes. Elsewhere it means nothing.
    'citus.propagate_set_commands': 'local',
  }
}

/** In the URL they would be sent beside the start-up options, and override them. */
const oursAlone = [
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'query_timeout',
]

/**
 * A URL with these settings among its start-up options: the session has
 * them before its first statement, and RESET and DISCARD restore them. Options in
 * the URL or in PGOPTIONS are kept. They come first, because PostgreSQL uses the
 * last of two.
 */
export function withStartUpOptions(url: string, settings: SessionSettings): string {
  const address = new URL(url)
  const given = address.searchParams.get('options') ?? process.env.PGOPTIONS ?? ''
  const ours = { ...settingsOf(settings), default_transaction_isolation: 'read\\ committed' }
  const options = Object.entries(ours).map(([name, value]) => `-c ${name}=${value}`)
  for (const name of oursAlone) address.searchParams.delete(name)
  address.searchParams.set('options', [given, ...options].join(' ').trim())
  return address.href
}

/**
 * SQL that begins a transaction under these settings, for a pooler that gives
 * each transaction another session. SET LOCAL, because `set_config` is a query:
 * after a query PostgreSQL rejects the isolation level that Prisma sends.
 */
export function beginWith(settings: SessionSettings): string {
  const locals = Object.entries(settingsOf(settings)).map(
    ([name, value]) => `set local ${name} = '${value}'`,
  )
  return ['begin isolation level read committed', ...locals].join('; ')
}

/** SQL: whether the session has the settings. A pooler can be configured to ignore start-up options silently. */
export const wereApplied = `
  select current_setting('TimeZone') = 'UTC' and current_setting('lock_timeout') <> '0' as applied`
