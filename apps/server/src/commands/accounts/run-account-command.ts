import type { Link } from '@idem/accounts/links'
import { urlOf } from '../../sign-in/link-url.ts'
import { runCommand } from '../run-command.ts'
import { type CommandDatabase, withDatabase } from '../with-database.ts'

type Usage = {
  readonly usage: string
  /** How many arguments the command takes. */
  readonly words: number
}

type Work = Pick<CommandDatabase, 'query'> & {
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
    if (words.length !== expected) {
      throw new Error(`Expected ${expected} arguments, received ${words.length}: ${usage}.`)
    }
    if (origin === undefined) {
      throw new Error(
        'There are accounts only with sign-in; set IDEM_PUBLIC_URL as for the server.',
      )
    }
    const printLink = (link: Link) => void process.stdout.write(`${urlOf(link, origin)}\n`)
    await withDatabase(given, ({ query }) => work({ query, words, printLink }))
    return 0
  })
}
