import { answerIn, memberOf } from '../account/auth-request.ts'
import { rememberAccount } from '../account/remember-account.ts'

/**
 * Opens the list of the account that has signed in, which the answer names, or the page where it sets up the second
 * factor that the server requires. Returns why not.
 */
export function openList(text: string): string | undefined {
  const account = memberOf(text, 'account')
  if (account !== undefined && rememberAccount(account)) {
    location.replace(Object(answerIn(text)).mustSetUp === true ? 'account' : '.')
    return undefined
  }
  return 'This browser stores nothing for this page, so nobody can stay signed in here.'
}
