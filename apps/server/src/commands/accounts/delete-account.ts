import { deleteAccount } from '@idem/accounts/account-admin'
import { noteDeletedOwners } from '@idem/database/backup/deleted-owners-file'
import { fileOfCaller } from '../run-command.ts'
import { runAccountCommand } from './run-account-command.ts'

const usage = 'npm run delete-account -- EMAIL [FOLDER OF THE BACKUPS]'
await runAccountCommand({ usage, words: [1, 2] }, async ({ query, environment, words }) => {
  const [email = '', folder = '.'] = words
  const { DATABASE_URL, IDEM_DATA_DIR } = environment
  const folders = [fileOfCaller(folder), ...(DATABASE_URL === undefined ? [IDEM_DATA_DIR] : [])]
  const owner = await deleteAccount(query, email)
  process.stdout.write(
    `deleted    ${owner}; a server that runs removes its todos and keys within minutes\n`,
  )
  // Afterwards, because a restore removes everything of an owner in the list.
  for (const each of folders) await noteDeletedOwners(each, [owner])
})
