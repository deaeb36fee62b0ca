import { endSessions } from '@idem/accounts/account-admin'
import { runAccountCommand } from './run-account-command.ts'

const usage = 'npm run sessions -- --end EMAIL'
await runAccountCommand({ usage, words: [2] }, async ({ query, words: [option, email = ''] }) => {
  if (option !== '--end') throw new Error(`Expected --end, received ${option}: ${usage}.`)
  process.stdout.write(`sessions   ${await endSessions(query, email)} ended\n`)
})
