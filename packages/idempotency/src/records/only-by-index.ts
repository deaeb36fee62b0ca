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
