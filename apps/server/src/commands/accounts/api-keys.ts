import { confirmApiKeys, listApiKeys, revokeApiKey } from '@idem/accounts/api-keys'
import { runAccountCommand } from './run-account-command.ts'

const usage = 'npm run api-keys [-- --revoke ID | --confirm [ID]]'
await runAccountCommand({ usage, words: [0, 1, 2] }, async ({ query, words: [option, id] }) => {
  if (option === '--revoke' && id !== undefined) {
    await revokeApiKey(query, id)
    process.stdout.write(`api key    ${id} revoked\n`)
  } else if (option === '--confirm') {
    process.stdout.write(`api keys   ${await confirmApiKeys(query, id)} confirmed\n`)
  } else if (option === undefined) {
    for (const each of await listApiKeys(query)) {
      const { created, lastUsed, expires, state } = each
      const times = `created ${created}  last used ${lastUsed.padEnd(10)}  expires ${expires.padEnd(10)}`
      process.stdout.write(`${each.id}  ${times}  ${state}  ${each.email}  ${each.name}\n`)
    }
  } else throw new Error(`Expected ${usage}.`)
})
