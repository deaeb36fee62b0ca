import { accountItem, rememberedAccount } from './account-of-page.ts'

/** Returns false where the page may not store anything. */
export function rememberAccount(account: string): boolean {
  try {
    localStorage.setItem(accountItem(), account)
  } catch {}
  return rememberedAccount() === account
}

export function forgetAccount(): void {
  try {
    localStorage.removeItem(accountItem())
  } catch {}
  // A browser tells only the other tabs.
  dispatchEvent(new Event('storage'))
}
