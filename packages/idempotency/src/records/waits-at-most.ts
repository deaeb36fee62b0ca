/**
 * SQL: true, and from here to the end of the transaction a wait for a lock ends
 * after so long. Part of the claim, so it costs no round trip, and never a
 * setting of the session, which a pooler would hand on to a stranger.
 */
export function waitsAtMost(waitMs: number): string {
  return `set_config('lock_timeout', '${Math.trunc(waitMs)}ms', true) <> ''`
}
