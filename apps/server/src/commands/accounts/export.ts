import { Readable } from 'node:stream'
import { ownerOfAccount } from '@idem/accounts/account-admin'
import { writeNewFile } from '@idem/database/backup/write-new-file'
import { exportOf } from '@idem/operations/export-todos'
import { fileOfCaller } from '../run-command.ts'
import { accountCommand } from './account-command.ts'
import { withOperations } from './with-operations.ts'

export const exportTodos = accountCommand(async (given) => {
  const [email = '', name = ''] = given.words
  const file = fileOfCaller(name)
  const owner = await ownerOfAccount(given.query, email)
  await withOperations(given, async ({ operations }) => {
    const lines = Readable.from(exportOf({ operations, owner, madeAt: new Date() }))
    const bytes = await writeNewFile([lines], { what: 'export', file, signal: given.signal })
    process.stdout.write(`export     ${file}, ${bytes} bytes: todos, not the deleted ones\n`)
  })
})
