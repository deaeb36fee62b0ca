/**
 * SQL: true, and until the end of the transaction a wait for a lock ends after
 * this time. Part of the claim, so it costs no round trip, and never a setting of
 * the session, which a pooler would pass on to another client.
 */
export function waitsAtMost(waitMs: number): string {
  return `set_config('lock_timeout', '${Math.trunc(waitMs)}ms', true) <> ''`
}
