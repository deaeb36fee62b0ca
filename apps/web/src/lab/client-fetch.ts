type Fetch = typeof globalThis.fetch

let replacement: Fetch | undefined
const listeners = new Set<() => void>()

/** The `fetch` of the client: the browser's, or that of the network lab, which is loaded only when it is opened. */
export const clientFetch: Fetch = (input, init) => (replacement ?? globalThis.fetch)(input, init)

export const fetchReplacement = {
  isSet: () => replacement !== undefined,
  set(fetch: Fetch | undefined): void {
    replacement = fetch
    for (const listener of listeners) listener()
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

const duplicates = new Map<string, number>()

/** The network lab sent a request with this key once more than the outbox knows. */
export function countDuplicate(key: string): void {
  duplicates.set(key, duplicatesOf(key) + 1)
}

const heldBack = new Set<string>()

/** The network lab did not send a request with this key. */
export function noteHeldBack(key: string): void {
  heldBack.add(key)
}

export function wasHeldBack(key: string): boolean {
  return heldBack.has(key)
}

export function duplicatesOf(key: string): number {
  return duplicates.get(key) ?? 0
}
