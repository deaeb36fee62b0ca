/** The content of a backup as text. */
export function describeCounts(counts: Readonly<Partial<Record<string, number>>>): string {
  const { todo = 0, idempotency_record: keys = 0 } = counts
  return `todos ${todo}, including deleted; keys ${keys}`
}
