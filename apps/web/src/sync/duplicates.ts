const duplicates = new Map<string, number>()

/** The network lab sent a request with this key once more than the outbox knows. */
export function countDuplicate(key: string): void {
  duplicates.set(key, duplicatesOf(key) + 1)
}

export function duplicatesOf(key: string): number {
  return duplicates.get(key) ?? 0
}
