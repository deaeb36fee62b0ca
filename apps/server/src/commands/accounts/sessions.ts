import { endSessions } from '@idem/accounts/account-admin'
import { accountCommand } from './account-command.ts'

export const sessions = accountCommand(async ({ query, options: { end } }) => {
  if (typeof end !== 'string') throw new Error('Expected --end EMAIL, the account.')
  process.stdout.write(`sessions   ${await endSessions(query, end)} ended\n`)
})
