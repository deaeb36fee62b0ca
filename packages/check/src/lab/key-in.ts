import type { Request } from '../http/request.ts'
import type { KeyPlace } from '../target.ts'

/** The request with the keys. A body has room for one. */
export function withKeys(request: Request, place: KeyPlace, keys: readonly string[]): Request {
  if (place.in === 'header') {
    const added = keys.map((key) => [place.name, key] as const)
    return { ...request, headers: [...request.headers, ...added] }
  }
  const [key] = keys
  if (key === undefined) return request
  return { ...request, body: JSON.stringify(inserted(parsed(request.body), place.pointer, key)) }
}

function inserted(value: unknown, pointer: readonly string[], key: string): unknown {
  const [name, ...rest] = pointer
  if (name === undefined) return key
  const object = typeof value === 'object' && value !== null ? value : {}
  const member: unknown = Reflect.get(object, name)
  return { ...object, [name]: inserted(member, rest, key) }
}

export function parsed(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '{}')
  } catch {
    return undefined
  }
}
