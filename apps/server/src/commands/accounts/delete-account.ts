import { access, constants } from 'node:fs/promises'
import { deleteAccount } from '@idem/accounts/account-admin'
import { noteDeletedOwners } from '@idem/database/backup/deleted-owners-file'
import { fileOfCaller } from '../run-command.ts'
import { accountCommand } from './account-command.ts'

export const deleteAccountOf = accountCommand(async ({ query, environment, words }) => {
  const [email = '', folder = '.'] = words
  const { DATABASE_URL, IDEM_DATA_DIR } = environment
  const folders = [fileOfCaller(folder), ...(DATABASE_URL === undefined ? [IDEM_DATA_DIR] : [])]
  for (const each of folders) await expectFolder(each)
  const owner = await deleteAccount(query, email)
  process.stdout.write(
    `deleted    ${owner}; a server that runs removes its todos and keys within minutes\n`,
  )
  // Afterwards, because a restore removes everything of an owner in the list.
  for (const each of folders) await noteDeletedOwners(each, [owner])
})

/** Checked before anything is deleted, because nothing brings the account back. */
async function expectFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch((cause: Error) => {
    throw new Error(
      `The list of deleted accounts cannot be written to ${folder} (${cause.message}), so nothing was deleted; name the folder of the backups.`,
      { cause },
    )
  })
}
