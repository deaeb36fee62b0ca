// Before there is a window, or only that gets the database.
import 'fake-indexeddb/auto'
import { Window } from 'happy-dom'
import type { ReactNode } from 'react'

/** Tests only: a browser window for React, with the storage of one tab. Import it before `react-dom`. */
export const browserWindow = new Window({ url: 'http://localhost/' })

Object.assign(globalThis, {
  window: browserWindow,
  document: browserWindow.document,
  IS_REACT_ACT_ENVIRONMENT: true,
})

const { act } = await import('react')
const { createRoot } = await import('react-dom/client')

/** Renders a page. Disposing it is what a reload or another page does. */
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
