import { parsed } from './key-in.ts'

/** The body with another text or number, or nothing if it has none. */
export function changedBody(body: string | undefined): string | undefined {
  const object = objectIn(body)
  const found = Object.entries(object).find(([, value]) => /string|number/.test(typeof value))
  if (found === undefined) return undefined
  const [name, value] = found
  const changed = typeof value === 'number' ? value + 1 : `${value} (other)`
  return JSON.stringify({ ...object, [name]: changed })
}

/** The body with its members in the opposite order, or nothing if it has fewer than two. */
export function reorderedBody(body: string | undefined): string | undefined {
  const members = Object.entries(objectIn(body))
  return members.length < 2 ? undefined : JSON.stringify(Object.fromEntries(members.reverse()))
}

function objectIn(body: string | undefined): object {
  const value = body === undefined ? undefined : parsed(body)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
