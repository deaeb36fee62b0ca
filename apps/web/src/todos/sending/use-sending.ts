import { useCallback, useEffect, useRef } from 'react'
import type { TodoOutbox } from './intent.ts'

/** Sends what waits while the page is open, or until the returned function is called. */
export function useSending(outbox: TodoOutbox): () => void {
  const stop = useRef<() => void>(undefined)
  useEffect(() => {
    stop.current = outbox.start()
    return stop.current
  }, [outbox])
  return useCallback(() => stop.current?.(), [])
}
