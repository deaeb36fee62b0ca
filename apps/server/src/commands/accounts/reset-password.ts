import { createResetLink } from '@idem/accounts/links'
import { runAccountCommand } from './run-account-command.ts'

const usage = 'npm run reset-password -- EMAIL'
await runAccountCommand({ usage, words: [1] }, async ({ query, printLink, words: [email = ''] }) =>
  printLink(await createResetLink(query, email)),
)
