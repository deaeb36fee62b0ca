import { createApiKey } from '@idem/accounts/account-admin'
import { runAccountCommand } from './run-account-command.ts'

const usage = 'npm run api-key -- EMAIL NAME'
await runAccountCommand({ usage, words: 2 }, async ({ query, words: [email = '', name = ''] }) => {
  process.stdout.write(`${await createApiKey(query, { email, name })}\n`)
})
