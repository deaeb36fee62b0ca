import { confirmApiKeys, listApiKeys, revokeApiKey } from '@idem/accounts/api-keys'
import { accountCommand } from './account-command.ts'

export const apiKeys = accountCommand(async ({ query, words: [id], options }) => {
  const { revoke, confirm } = options
  if (confirm === true && revoke === undefined) {
    process.stdout.write(`api keys   ${await confirmApiKeys(query, id)} confirmed\n`)
  } else if (id !== undefined || confirm !== undefined) {
    throw new Error('Expected --revoke ID, --confirm, --confirm ID, or no word at all.')
  } else if (typeof revoke === 'string') {
    await revokeApiKey(query, revoke)
    process.stdout.write(`api key    ${revoke} revoked\n`)
  } else {
    for (const each of await listApiKeys(query)) {
      const { created, lastUsed, expires, state } = each
      const times = `created ${created}  last used ${lastUsed.padEnd(10)}  expires ${expires.padEnd(10)}`
      process.stdout.write(`${each.id}  ${times}  ${state}  ${each.email}  ${each.name}\n`)
    }
  }
})
