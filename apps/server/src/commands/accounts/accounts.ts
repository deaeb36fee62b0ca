import { listAccounts } from '@idem/accounts/account-admin'
import { accountCommand } from './account-command.ts'

export const accounts = accountCommand(async ({ query }) => {
  for (const { email, owner, created, lastUsed } of await listAccounts(query)) {
    process.stdout.write(
      `created ${created}  last used ${lastUsed.padEnd(16)}  ${owner.padEnd(36)}  ${email}\n`,
    )
  }
})
