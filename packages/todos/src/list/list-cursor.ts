import { RefusalError } from '@idem/contract/refusal'
import { isTodoId } from '../todo.ts'

/**
 * The position of a cursor: the next page starts after this todo. Only the id is used; the cursor
 * contains the time because the previous release requires it, and during a rolling upgrade each
 * release reads the cursors of the other.
 */
export type ListPosition = { readonly createdAt: Date; readonly id: string }

export function toCursor(position: ListPosition): string {
  return Buffer.from(`${position.createdAt.getTime()} ${position.id}`).toString('base64url')
}

/** Refuses every text that `toCursor` could not have returned. */
export function fromCursor(cursor: string): ListPosition {
  const [time = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ')
  const createdAt = new Date(Number(time))
  const isValid = /^\d{1,15}$/.test(time) && isTodoId(id) && rest.length === 0
  if (!isValid || toCursor({ createdAt, id }) !== cursor) {
    throw new RefusalError('invalid_input', { paths: ['cursor'] })
  }
  return { createdAt, id }
}
