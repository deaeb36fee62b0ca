import type { ListState } from '../list/use-todo-list.ts'
import { timeOf } from './status-text.ts'

/** Why the list shows no row. */
export function emptyText(
  list: Exclude<ListState, { state: 'loading' }>,
  isFiltered: boolean,
): string {
  switch (list.state) {
    case 'current':
      return isFiltered ? 'Nothing matches' : 'Nothing to do.'
    case 'partial':
      return 'Nothing found in the part of the list that is loaded.'
    case 'unreachable':
    case 'refused':
    case 'signed_out':
      if (list.asOf === undefined) return unreadText(list.state)
      return isFiltered
        ? `Nothing matches in the list of ${timeOf(list.asOf)}.`
        : `Your list was empty at ${timeOf(list.asOf)}.`
  }
}

function unreadText(state: 'unreachable' | 'refused' | 'signed_out'): string {
  return state === 'signed_out'
    ? 'Your list is shown when you have signed in.'
    : 'Your list cannot be shown until the server answers.'
}
