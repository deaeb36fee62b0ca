import { listAccounts } from '@idem/accounts/account-admin'
import { runAccountCommand } from './run-account-command.ts'

await runAccountCommand({ usage: 'npm run accounts', words: 0 }, async ({ query }) => {
  for (const { email, owner, createdAt } of await listAccounts(query)) {
    process.stdout.write(`${createdAt}  ${owner.padEnd(36)}  ${email}\n`)
  }
})
