import { installationName } from './outbox-name.ts'

/** Its name in the storage of the browser. */
export function accountItem(): string {
  return `${installationName()} account`
}

/** The account that signed in last on this device and has not signed out; also while its session has ended. */
export function rememberedAccount(): string | undefined {
  try {
    return localStorage.getItem(accountItem()) ?? undefined
  } catch {
    return undefined
  }
}
