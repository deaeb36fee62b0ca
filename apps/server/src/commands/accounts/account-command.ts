import type { Link } from '@idem/accounts/links'
import { urlOf } from '../../sign-in/link-url.ts'
import type { Given, Work } from '../run-command.ts'
import { type CommandDatabase, withDatabase } from '../with-database.ts'

type AccountWork = CommandDatabase & Given & { readonly printLink: (link: Link) => void }

/** Makes a command on the accounts, which exist only with sign-in. */
export function accountCommand(work: (given: AccountWork) => Promise<void>): Work {
  return async (given) => {
    const publicUrl = given.environment.IDEM_PUBLIC_URL
    if (publicUrl === undefined) {
      throw new Error(
        'There are accounts only with sign-in; set IDEM_PUBLIC_URL as for the server.',
      )
    }
    const printLink = (link: Link) => void process.stdout.write(`${urlOf(link, publicUrl)}\n`)
    await withDatabase(given, (database) => work({ ...given, ...database, printLink }))
    return 0
  }
}
