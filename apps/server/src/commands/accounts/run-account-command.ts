import type { Link } from '@idem/accounts/links'
import { urlOf } from '../../sign-in/link-url.ts'
import { type Given, runCommand } from '../run-command.ts'
import { type CommandDatabase, withDatabase } from '../with-database.ts'

type Usage = {
  readonly usage: string
  /** How many arguments the command takes, one of these numbers. */
  readonly words: readonly number[]
}

type Work = CommandDatabase &
  Given & {
    readonly words: readonly string[]
    readonly printLink: (link: Link) => void
  }

/** Runs a command on the accounts, which exist only with sign-in. */
export function runAccountCommand(
  { usage, words: expected }: Usage,
  work: (given: Work) => Promise<void>,
): Promise<void> {
  return runCommand(async (given) => {
    const words = process.argv.slice(2)
    const origin = given.environment.IDEM_PUBLIC_URL
    if (!expected.includes(words.length)) {
      throw new Error(`Expected ${usage}.`)
    }
    if (origin === undefined) {
      throw new Error(
        'There are accounts only with sign-in; set IDEM_PUBLIC_URL as for the server.',
      )
    }
    const printLink = (link: Link) => void process.stdout.write(`${urlOf(link, origin)}\n`)
    await withDatabase(given, (database) => work({ ...given, ...database, words, printLink }))
    return 0
  })
}
