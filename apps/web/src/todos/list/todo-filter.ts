import type { Row } from './merge-optimistic.ts'

export type Show = 'all' | 'open' | 'done'
/** Which rows the page shows; in the URL as `?show=open&q=milk`. */
export type Filter = { readonly show: Show; readonly search: string }

export const everything: Filter = { show: 'all', search: '' }

export function isEverything({ show, search }: Filter): boolean {
  return show === 'all' && search.trim() === ''
}

/** The filter with which a new todo is seen. */
export function withNewTodo({ show }: Filter): Filter {
  return { show: show === 'done' ? 'all' : show, search: '' }
}

export function filterFromUrl(query: string): Filter {
  const parameters = new URLSearchParams(query)
  const show = parameters.get('show')
  return {
    show: show === 'open' || show === 'done' ? show : 'all',
    search: parameters.get('q') ?? '',
  }
}

/** The query of a URL, empty if the filter shows everything. */
export function filterToUrl({ show, search }: Filter): string {
  const parameters = new URLSearchParams()
  if (show !== 'all') parameters.set('show', show)
  if (search !== '') parameters.set('q', search)
  const query = parameters.toString()
  return query === '' ? '' : `?${query}`
}

/** Finds the rows that the server would find, immediately and offline. */
export function filterRows(rows: readonly Row[], filter: Filter): readonly Row[] {
  if (isEverything(filter)) return rows
  const part = filter.search.trim().toLowerCase()
  return rows.filter((row) => needsDecision(row) || matches(row, filter.show, part))
}

/** Shown with every filter, because the status line leads to it. */
function needsDecision({ entry }: Row): boolean {
  return entry?.status.state === 'needs_person'
}

function matches({ completed, title }: Row, show: Show, part: string): boolean {
  const isShown = show === 'all' || completed === (show === 'done')
  return isShown && title.toLowerCase().includes(part)
}
