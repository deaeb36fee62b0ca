/** The median of the rounds and the spread of the others. */
export type Spread = { readonly median: number; readonly least: number; readonly most: number }

export function spreadOf(rounds: readonly number[]): Spread {
  const sorted = rounds.toSorted((one, other) => one - other)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined) throw new Error('No round was measured.')
  return { median: quantile(sorted, 0.5), least, most }
}

/** The ratio of each round to the same round of the other side, so that a slow minute affects both. */
export function ratioOf(rounds: readonly number[], others: readonly number[]): Spread {
  if (rounds.length !== others.length) throw new Error('Both sides of a ratio have as many rounds.')
  return spreadOf(rounds.map((value, at) => value / (others[at] ?? Number.NaN)))
}

/** The value below which `share` of the sorted values lie. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  if (value === undefined) throw new Error('Nothing was measured.')
  return value
}
