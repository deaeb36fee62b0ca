export type Random = {
  /** An integer, both ends included. */
  readonly between: (least: number, most: number) => number
  /** True with this chance in percent. */
  readonly percent: (chance: number) => boolean
  /** Another generator, whose numbers do not depend on how many this one has produced. */
  readonly fork: (name: number) => Random
}

/** Pseudo-random numbers that repeat with their seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    percent: (chance) => next() * 100 < chance,
    fork: (name) => seeded(Math.imul(seed ^ (name + 1), 0x9e3779b1)),
  }
}

/** Shuffles in place. */
export function shuffle<Item>(random: Random, items: Item[]): void {
  const placed = items.map((item) => ({ item, place: random.between(0, 1_000_000) }))
  placed.sort((one, other) => one.place - other.place)
  items.splice(0, items.length, ...placed.map(({ item }) => item))
}
