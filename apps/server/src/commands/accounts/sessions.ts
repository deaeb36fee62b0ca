import { endSessions, listSessions } from '@idem/accounts/account-admin'
import { accountCommand } from './account-command.ts'

export const sessions = accountCommand(async ({ query, options: { end } }) => {
  if (typeof end === 'string') {
    process.stdout.write(`sessions   ${await endSessions(query, end)} ended\n`)
    return
  }
  for (const { email, device, signedIn, lastUsed } of await listSessions(query)) {
    process.stdout.write(`signed in ${signedIn}  last used ${lastUsed}  ${email}  ${device}\n`)
  }
})
