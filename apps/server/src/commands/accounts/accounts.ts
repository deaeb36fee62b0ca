import { listAccounts } from '@idem/accounts/account-admin'
import { runAccountCommand } from './run-account-command.ts'

await runAccountCommand({ usage: 'npm run accounts', words: [0] }, async ({ query }) => {
  for (const { email, owner, created, lastUsed } of await listAccounts(query)) {
    process.stdout.write(
      `created ${created}  last used ${lastUsed.padEnd(16)}  ${owner.padEnd(36)}  ${email}\n`,
    )
  }
})
