import { useEffect } from 'react'
import type { Todos } from '../todos/sending/create-todos.ts'
import { isSignInOn } from './account-of-page.ts'
import { rememberedAccount, watchRememberedAccount } from './remembered-account.ts'

/** Sends what waits, until another account signs in on this device: then the page of that one is opened. */
export function useSending({ outbox, account }: Pick<Todos, 'outbox' | 'account'>): void {
  useEffect(() => {
    const stop = outbox.start()
    const unwatch = isSignInOn() ? watchRememberedAccount(look) : undefined
    let hasLeft = false

    function look(): void {
      if (!hasLeft && rememberedAccount() === account) return
      hasLeft = true
      stop()
      // The browser may keep this page for its back button.
      document.body.hidden = true
      // It is read behind all drafts that are being written.
      outbox
        .readNote('')
        .catch(() => undefined)
        // Without the search, which is of the other account.
        .then(() => location.replace('/'))
    }

    return () => {
      unwatch?.()
      stop()
    }
  }, [outbox, account])
}
