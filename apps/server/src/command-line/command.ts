import type { Work } from '../commands/run-command.ts'

export type Option = {
  /** What stands for its value in the help; an option without one is a switch. */
  readonly value?: string
  readonly does: string
}

type Described = {
  readonly group: 'Server' | 'Data' | 'Accounts'
  readonly does: string
  /** Its words as the help shows them: `EMAIL NAME [DAYS]`. Those in brackets may be left out. */
  readonly words?: string
  readonly options?: Readonly<Record<string, Option>>
  readonly details?: string
}

/** A command is loaded when it runs, so that `idem health` does not wait for the page. */
export type Command = Described &
  (
    | { readonly load: () => Promise<Work> }
    /** Handles signals, settings and exit code itself. */
    | { readonly start: () => Promise<unknown> }
  )

export type Commands = Readonly<Record<string, Command>>
