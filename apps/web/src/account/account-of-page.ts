import { storedItem } from './installation-name.ts'
import { firstAccount } from './outbox-name.ts'

/** The server says so in the page that it sends. */
export const isSignInOn = globalThis.document?.documentElement.dataset.signIn !== undefined

/** The account that this page acts for, as long as it is open. Undefined if nobody has signed in on this device. */
export const accountOfPage = isSignInOn ? rememberedAccount() : firstAccount

/** The account that signed in last on this device and has not signed out; also while its session has ended. */
export function rememberedAccount(): string | undefined {
  try {
    return localStorage.getItem(accountItem()) ?? undefined
  } catch {
    return undefined
  }
}

/** Its name in the storage of the browser. */
export function accountItem(): string {
  return storedItem('account')
}
