import { rememberAccount } from '../account/remember-account.ts'

/** Opens the list of the account that has signed in. Returns why not. */
export function openList(account: string | undefined): string | undefined {
  if (account !== undefined && rememberAccount(account)) {
    location.replace('/')
    return undefined
  }
  return 'This browser stores nothing for this page, so nobody can stay signed in here.'
}
