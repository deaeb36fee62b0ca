/** What a backup holds, in words. */
export function describeCounts(counts: Readonly<Partial<Record<string, number>>>): string {
  const { todo = 0, idempotency_record: keys = 0 } = counts
  return `todos ${todo}, deleted ones included; keys ${keys}`
}
