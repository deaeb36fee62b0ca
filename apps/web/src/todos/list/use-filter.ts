import { useSyncExternalStore } from 'react'
import { everything, type Filter, filterFromUrl, filterToUrl } from './todo-filter.ts'

const listeners = new Set<() => void>()
let filter: Filter | undefined

/** The filter of this tab. The URL follows it, so that a reload and a bookmark show the same rows. */
export function useFilter(): Filter {
  return useSyncExternalStore(listen, readFilter, () => everything)
}

/** `push`: the back button returns to the filter before. */
export function setFilter(next: Filter, how: 'push' | 'replace'): void {
  if (filterToUrl(next) === filterToUrl(readFilter())) return
  filter = next
  const url = `${location.pathname}${filterToUrl(next)}`
  try {
    if (how === 'push') history.pushState(null, '', url)
    else history.replaceState(null, '', url)
  } catch {
    // Browsers limit how often a page may write its URL; the next change writes it.
  }
  for (const listener of listeners) listener()
}

function readFilter(): Filter {
  filter ??= filterFromUrl(location.search)
  return filter
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('popstate', readAgain)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) window.removeEventListener('popstate', readAgain)
  }
}

function readAgain(): void {
  filter = filterFromUrl(location.search)
  for (const listener of listeners) listener()
}
