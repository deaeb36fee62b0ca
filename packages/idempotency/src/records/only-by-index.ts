/**
 * SQL: `condition`, which the rest of the WHERE already implies, but written so
 * that it looks expensive for each row that is read; the sub-select never runs.
 * A kept plan outlives the size of the table it was planned for, and while a
 * table fits one page the planner prefers to scan it: measured, 34 ms a batch
 * instead of 5 a few thousand rows later. With this, a scan of even two rows
 * costs more than the primary key, under the server's own settings.
 */
export function onlyByIndex(condition: string, column: string): string {
  return `(${condition} or (
    select true from generate_series(1, 1000) as n where n = -octet_length(${column})
  ))`
}
