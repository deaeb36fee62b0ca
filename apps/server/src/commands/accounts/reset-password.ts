import { createResetLink } from '@idem/accounts/links'
import { accountCommand } from './account-command.ts'

export const resetPassword = accountCommand(async ({ query, printLink, words: [email = ''] }) =>
  printLink(await createResetLink(query, email)),
)
