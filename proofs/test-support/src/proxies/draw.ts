import type { Random } from '../random.ts'

/** The chance of each name in per mille; fractions are allowed. */
export type Chances<Name extends string> = Readonly<Partial<Record<Name, number>>>

/** All chances, each multiplied by the factor. */
export function times<Name extends string>(factor: number, chances: Chances<Name>): Chances<Name> {
  const more = Object.entries<number | undefined>(chances).map(([name, often = 0]) => [
    name,
    often * factor,
  ])
  return Object.fromEntries(more)
}

/** Draws one of the names, or usually none. */
export function draw<Name extends string>(
  random: Random,
  chances: Chances<Name>,
): Name | undefined {
  let left = random.between(1, 1_000_000) / 1_000
  for (const [name, perMille] of Object.entries<number | undefined>(chances)) {
    left -= perMille ?? 0
    // The keys of `chances` are names; the type of `Object.entries` loses that.
    if (left <= 0) return name as Name
  }
  return undefined
}
