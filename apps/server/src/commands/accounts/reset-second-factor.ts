import { resetSecondFactor as reset } from '@idem/accounts/account-admin'
import { accountCommand } from './account-command.ts'

export const resetSecondFactor = accountCommand(async ({ query, words: [email = ''] }) => {
  await reset(query, email)
  process.stdout.write(
    `${email} has no second factor any more, and all devices are signed out; the password alone signs in until a new one is set up.\n`,
  )
})
