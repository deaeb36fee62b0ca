import { useEffect } from 'react'

/** Registers the worker that keeps the page on the device. Without one the page works, but needs a network to open. */
export function useServiceWorker(): void {
  useEffect(() => {
    // The development server changes its files without changing their names.
    if (process.env.NODE_ENV !== 'production') return
    // Only a secure context has workers.
    if (!('serviceWorker' in navigator)) return
    navigator.serviceWorker.register('service-worker.js').catch(() => undefined)
    // What the worker holds did start, if it served this page.
    navigator.serviceWorker.controller?.postMessage('started')
  }, [])
}
