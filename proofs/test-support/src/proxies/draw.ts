import type { Random } from '../random.ts'

/** How often each comes, in a thousand; fractions count. */
export type Chances<Name extends string> = Readonly<Partial<Record<Name, number>>>

/** The same, so many times as often. */
export function times<Name extends string>(factor: number, chances: Chances<Name>): Chances<Name> {
  const more = Object.entries<number | undefined>(chances).map(([name, often = 0]) => [
    name,
    often * factor,
  ])
  return Object.fromEntries(more)
}

/** Which of them it is this time; mostly none. */
export function draw<Name extends string>(
  random: Random,
  chances: Chances<Name>,
): Name | undefined {
  let left = random.between(1, 1_000_000) / 1_000
  for (const [name, perMille] of Object.entries<number | undefined>(chances)) {
    left -= perMille ?? 0
    // The keys of `chances` are names, which the library's type of `entries` has forgotten.
    if (left <= 0) return name as Name
  }
  return undefined
}
