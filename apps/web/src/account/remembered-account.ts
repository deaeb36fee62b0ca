import { installationName } from './outbox-name.ts'

const event = 'storage'

/** The account that signed in last on this device and has not signed out; also while its session has ended. */
export function rememberedAccount(): string | undefined {
  try {
    return localStorage.getItem(nameOf()) ?? undefined
  } catch {
    return undefined
  }
}

/** Returns false where the page may not store anything. */
export function rememberAccount(account: string): boolean {
  try {
    localStorage.setItem(nameOf(), account)
    return rememberedAccount() === account
  } catch {
    return false
  }
}

export function forgetAccount(): void {
  try {
    localStorage.removeItem(nameOf())
  } catch {}
  // A browser tells only the other tabs.
  dispatchEvent(new Event(event))
}

/** Calls when another account may have signed in, here or in another tab, or this one has signed out. */
export function watchRememberedAccount(onChange: () => void): () => void {
  const watching = new AbortController()
  // A page that the back button has brought back was told nothing meanwhile.
  for (const each of [event, 'pageshow']) {
    addEventListener(each, onChange, { signal: watching.signal })
  }
  return () => watching.abort()
}

function nameOf(): string {
  return `${installationName()} account`
}
