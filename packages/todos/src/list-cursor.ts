import { RefusalError } from '@idem/contract/refusal'
import { namesATodo } from './uuid-form.ts'

/**
 * Where a page ended: the next one begins behind this todo. Only the id is used;
 * the time is in the cursor because the previous release asks for it, and while
 * servers are replaced one after the other each reads the cursors of the other.
 */
export type ListPosition = { readonly createdAt: Date; readonly id: string }

export function toCursor(position: ListPosition): string {
  return Buffer.from(`${position.createdAt.getTime()} ${position.id}`).toString('base64url')
}

/** Refuses any text that is not, to the byte, in the form that `toCursor` gives. */
export function fromCursor(cursor: string): ListPosition {
  const [time = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ')
  const createdAt = new Date(Number(time))
  const sound = /^\d{1,15}$/.test(time) && namesATodo(id) && rest.length === 0
  if (!sound || toCursor({ createdAt, id }) !== cursor) {
    throw new RefusalError('invalid_input', { paths: ['cursor'] })
  }
  return { createdAt, id }
}
