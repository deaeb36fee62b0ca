import { rememberedAccount } from '../../account/account-of-page.ts'
import type { Todos } from '../sending/create-todos.ts'

/**
 * Leaves the page when another account has signed in on this device, in this tab or another one, or its
 * own has signed out: nothing more is sent, and the page of that account is opened, or the one for signing in.
 */
export function watchAccount(
  { account, outbox }: Pick<Todos, 'account' | 'outbox'>,
  stop: () => void,
): void {
  let hasLeft = false

  function look(): void {
    if (!hasLeft && rememberedAccount() === account) return
    hasLeft = true
    stop()
    // The browser may keep this page for its back button.
    document.body.hidden = true
    // It is read behind all drafts that are being written.
    const stored = outbox.readNote('').catch(() => undefined)
    // Without the search of this account, which is in the address.
    void stored.then(() => location.replace('.'))
  }

  look()
  // A page that the back button has brought back was told nothing meanwhile.
  for (const event of ['storage', 'pageshow']) {
    addEventListener(event, look)
  }
}
