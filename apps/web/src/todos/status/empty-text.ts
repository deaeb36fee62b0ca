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
      if (list.asOf === undefined) {
        const until = list.state === 'signed_out' ? 'you sign in' : 'the server answers'
        return `Your list cannot be shown until ${until}.`
      }
      return isFiltered
        ? `Nothing matches in the list of ${timeOf(list.asOf)}.`
        : `Your list was empty at ${timeOf(list.asOf)}.`
  }
}
