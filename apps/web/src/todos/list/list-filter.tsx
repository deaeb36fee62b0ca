import type { MouseEvent } from 'react'
import { type Filter, filterToUrl, type Show } from './todo-filter.ts'
import { setFilter } from './use-filter.ts'

const names: Record<Show, string> = { all: 'All', open: 'Open', done: 'Done' }
const shows = ['all', 'open', 'done'] as const

/** Search and filter of the list. */
export function ListFilter({ filter }: { readonly filter: Filter }) {
  return (
    <search className="filter">
      <span className="search-icon" />
      <input
        type="search"
        className="search-field"
        aria-label="Search"
        placeholder="Search"
        autoComplete="off"
        data-key="/"
        value={filter.search}
        onChange={({ target }) => setFilter({ ...filter, search: target.value }, 'replace')}
      />
      <nav aria-label="Filter" className="-mr-3 flex">
        {shows.map((show) => (
          <a
            key={show}
            className="filter-link"
            href={filterToUrl({ ...filter, show }) || '.'}
            aria-current={filter.show === show ? 'page' : undefined}
            onClick={(event) => {
              if (isForBrowser(event)) return
              event.preventDefault()
              if (filter.show !== show) setFilter({ ...filter, show }, 'push')
            }}
          >
            {names[show]}
          </a>
        ))}
      </nav>
    </search>
  )
}

/** A click that opens a tab or a window. */
function isForBrowser(event: MouseEvent): boolean {
  return event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0
}
