import { memberOf } from '../account/auth-request.ts'
import { rememberAccount } from '../account/remember-account.ts'

/** Opens the list of the account that has signed in, which the answer names. Returns why not. */
export function openList(text: string): string | undefined {
  const account = memberOf(text, 'account')
  if (account !== undefined && rememberAccount(account)) {
    location.replace('.')
    return undefined
  }
  return 'This browser stores nothing for this page, so nobody can stay signed in here.'
}
