import { ownerOfAccount } from '@idem/accounts/account-admin'
import { importTodos } from '@idem/operations/import-todos'
import { fileOfCaller } from '../run-command.ts'
import { accountCommand } from './account-command.ts'
import { readExport } from './read-export.ts'
import { withOperations } from './with-operations.ts'

export const importTodosOfFile = accountCommand(async (given) => {
  const [email = '', name = ''] = given.words
  const source = await readExport(fileOfCaller(name))
  const owner = await ownerOfAccount(given.query, email)
  const { added, present } = await withOperations(given, (opened) =>
    importTodos({ ...opened, ...source, owner, signal: given.signal }),
  )
  process.stdout.write(`import     todos ${added} added, ${present} left alone, which were there\n`)
})
