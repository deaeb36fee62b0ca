import { v7 } from 'uuid'

/** A name that Ann uses, and its twin, which nobody uses: both have the same form, length and age. */
export type Twins = {
  readonly hers: string
  readonly unknown: string
  /** How she uses it. */
  readonly as: string
}

export type NameKind = 'todo' | 'key' | 'cursor' | 'word' | 'account'

export type Names = Readonly<Record<NameKind, readonly Twins[]>>

/** The name with this number in one of the two worlds. */
export type NameOf = (kind: NameKind, number: number) => string

export function nameOf(names: Names, world: 'hers' | 'unknown'): NameOf {
  return (kind, number) => twinsAt(names, kind, number)[world]
}

export function twinsAt(names: Names, kind: NameKind, number: number): Twins {
  const twins = names[kind][number % names[kind].length]
  if (twins === undefined) throw new Error(`Expected names of a ${kind}.`)
  return twins
}

const minuteMs = 60_000

/** Each pair was minted in a minute of its own, so the twins have the same place among all ids. */
export function uuidTwins(as: string, minutesAgo: number): Twins {
  const msecs = Date.now() - minutesAgo * minuteMs
  return { hers: v7({ msecs }), unknown: v7({ msecs }), as }
}

export function textTwins(as: string, text: string): Twins {
  return { hers: `${text}-hers`, unknown: `${text}-none`, as }
}

/** The cursors after these todos. */
export function cursorTwins(todo: Twins): Twins {
  const cursor = (id: string) => Buffer.from(`1 ${id}`).toString('base64url')
  return { hers: cursor(todo.hers), unknown: cursor(todo.unknown), as: todo.as }
}
