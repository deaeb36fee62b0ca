import { createInvite, hadAccount } from '@idem/accounts/links'
import { accountCommand } from './account-command.ts'

export const invite = accountCommand(async ({ query, printLink }) => {
  printLink(await createInvite(query))
  if (await hadAccount(query)) return
  process.stderr.write(
    'There is no account yet. Make the first one with the link that the server printed at its start; until then this one is refused.\n',
  )
})
