import { createApiKey } from '@idem/accounts/api-keys'
import { ApiKeyName } from '../../sign-in/exchange.ts'
import { accountCommand } from './account-command.ts'

export const apiKey = accountCommand(async ({ query, words }) => {
  const [email = '', name = '', days] = words
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) {
    throw new Error(`Expected a number of days from 1 to 99999, received ${days}.`)
  }
  if (!ApiKeyName.safeParse(name).success) {
    throw new Error('Expected a name of 1 to 100 characters on one line after the e-mail address.')
  }
  const key = await createApiKey(query, {
    email,
    name,
    days: days === undefined ? undefined : Number(days),
  })
  process.stdout.write(`${key}\n`)
})
