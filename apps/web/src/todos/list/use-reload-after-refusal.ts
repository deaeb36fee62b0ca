import { useEffect } from 'react'
import type { TodoSnapshot } from '../sending/intent.ts'

/** A refusal says that the list is outdated, and the person decides by what it shows. */
export function useReloadAfterRefusal({ entries }: TodoSnapshot, reload: () => void): void {
  const { length } = entries.filter(({ status }) => status.state === 'needs_person')
  useEffect(() => {
    if (length > 0) reload()
  }, [length, reload])
}
