/**
 * SQL: `condition`, which the rest of the WHERE already implies, but written so
 * that it looks expensive for each row that is read; the sub-select never runs.
 * A kept plan outlives the size of the table it was planned for, and while a
 * table fits one page the planner prefers to scan it: measured, 34 ms a batch
 * instead of 5 a few thousand rows later. With this, a scan of even two rows
 * costs more than the primary key, under the server's own settings.
 *
 * `parameter`, a number, makes a plan for given values look ten times as expensive
 * as the kept one, which assumes 1,000 rows of the sub-select. Otherwise a session
 * that began with empty tables would compare the kept plan, of large tables, with
 * the plans that it made for empty ones, and plan every execution anew.
 */
export function onlyByIndex(condition: string, column: string, parameter: string): string {
  return `(${condition} or (
    select true from generate_series(1, 10000 + 0 * ${parameter}) as n where n = -octet_length(${column})
  ))`
}

/**
 * SQL to select beside a record that is about to be returned. A row can be visible
 * on the primary before a synchronous standby has it, after a cancelled wait or a
 * crash. So the statement that returns it commits something that waits for the
 * standby; otherwise a returned answer could be lost with the primary. Without such
 * a standby nothing is written.
 */
export const confirmed = `case when current_setting('synchronous_standby_names') <> ''
  then pg_logical_emit_message(true, 'idem', '')::text end`

/** A record's time is rounded, so a new record may seem to be from the future. */
export function ageMs(createdAt: string): string {
  return `greatest(0, extract(epoch from clock_timestamp() - ${createdAt}) * 1000)::float8`
}

/** SQL: a time as ISO 8601 text in UTC. */
export function isoTime(time: string): string {
  return `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
