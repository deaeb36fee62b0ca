type Types = { string: string; number: number; boolean: boolean }
type Members = Readonly<Record<string, keyof Types>>
type Having<M extends Members> = { readonly [Name in keyof M]: Types[M[Name]] } & {
  readonly [name: string]: unknown
}

/**
 * Whether a value is an object with members of these types. Further members are allowed: another
 * release may have written it. For code that a page loads, where a schema library weighs 10 kB.
 */
export function hasMembers<const M extends Members>(
  value: unknown,
  members: M,
): value is Having<M> {
  if (typeof value !== 'object' || value === null) return false
  const found: ReadonlyMap<string, unknown> = new Map(Object.entries(value))
  return Object.entries(members).every(([name, type]) => typeof found.get(name) === type)
}
