/**
 * Names (an owner's key, or an owner's id) seen a moment ago, at most `most` of
 * them. They only decide whether an attempt joins a batch or runs alone, so
 * forgetting one early costs time and nothing else.
 */
export class RecentNames {
  readonly #until = new Map<string, number>()
  readonly #most: number
  readonly #keptMs: number

  constructor({ most, keptMs }: { readonly most: number; readonly keptMs: number }) {
    this.#most = most
    this.#keptMs = keptMs
  }

  add(owner: string, name: string): void {
    const pair = pairOf(owner, name)
    // Deleted first, so that the map stays in time order and its first entry is the oldest.
    this.#until.delete(pair)
    this.#until.set(pair, performance.now() + this.#keptMs)
    const [oldest] = this.#until.keys()
    if (this.#until.size > this.#most && oldest !== undefined) this.#until.delete(oldest)
  }

  has(owner: string, name: string): boolean {
    // Hot path: nearly always the map is empty.
    if (this.#until.size === 0) return false
    return (this.#until.get(pairOf(owner, name)) ?? 0) > performance.now()
  }
}

/** NUL cannot be part of a stored name, so no two pairs have the same string. */
export function pairOf(owner: string, name: string): string {
  return `${owner}\0${name}`
}
