import { firstAccount } from './outbox-name.ts'
import { rememberedAccount } from './remembered-account.ts'

/** The server says so in the page that it sends. */
export function isSignInOn(): boolean {
  return globalThis.document?.documentElement.dataset.signIn !== undefined
}

let page: { readonly account: string | undefined } | undefined

/** The account that this page acts for, as long as it is open. Undefined if nobody has signed in on this device. */
export function accountOfPage(): string | undefined {
  page ??= { account: isSignInOn() ? rememberedAccount() : firstAccount }
  return page.account
}

let leaving: Promise<never> | undefined

/** For `use`: nothing of the page begins, and another one is opened. */
export function leaveForSignIn(): Promise<never> {
  if (leaving === undefined) {
    location.replace('/sign-in')
    leaving = new Promise(() => undefined)
  }
  return leaving
}
