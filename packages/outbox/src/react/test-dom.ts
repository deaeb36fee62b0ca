import { parseHTML } from 'linkedom'
import type { ReactNode } from 'react'

const { window, document } = parseHTML('<!doctype html><html><body></body></html>')

/** Tests only: the session storage of a page of one tab. */
export const sessionItems = new Map<string, string>()
export const sessionStorage = {
  getItem: (name: string) => sessionItems.get(name) ?? null,
  setItem: (name: string, value: string) => void sessionItems.set(name, value),
  removeItem: (name: string) => void sessionItems.delete(name),
}

// Before `react-dom` is loaded.
Object.assign(globalThis, {
  window: Object.assign(window, { sessionStorage }),
  document,
  IS_REACT_ACT_ENVIRONMENT: true,
})
const { act } = await import('react')
const { createRoot } = await import('react-dom/client')

/** Renders a page. Disposing it acts like a reload or a navigation. */
export async function render(node: ReactNode) {
  const container = document.body.appendChild(document.createElement('main'))
  const root = createRoot(container)
  await act(async () => root.render(node))
  return {
    text: () => container.textContent,
    again: (next: ReactNode) => act(async () => root.render(next)),
    async [Symbol.asyncDispose]() {
      await act(async () => root.unmount())
      container.remove()
    },
  }
}
