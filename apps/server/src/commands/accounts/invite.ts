import { createInvite } from '@idem/accounts/links'
import { runAccountCommand } from './run-account-command.ts'

await runAccountCommand({ usage: 'npm run invite', words: [0] }, async ({ query, printLink }) =>
  printLink(await createInvite(query)),
)
