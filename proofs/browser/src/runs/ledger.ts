import { expect } from 'vitest'
import type { TodoScreen } from '../support/todo-screen.ts'
import { eventually } from './eventually.ts'
import { readStored, type Stored, type StoredIntent } from './stored-submissions.ts'

/** A person's decision, as the device stored it. */
export type Submission = {
  readonly intent: StoredIntent
  /** Usually one. The server's advice about a clock replaces it once. */
  readonly keys: Set<string>
  /** A person discarded it, so it may have no effect. */
  isDiscarded: boolean
}

export type Ledger = ReturnType<typeof createLedger>

/** All submissions of a run, in the order in which they were made; of one account, if somebody signs in. */
export function createLedger(signedIn?: string) {
  const account = signedIn ?? 'local'
  const submissions = new Map<string, Submission>()

  function add({ id, key, intent }: Stored): boolean {
    const known = submissions.get(id)
    known?.keys.add(key)
    if (known === undefined) {
      submissions.set(id, { intent, keys: new Set([id, key]), isDiscarded: false })
    }
    return known === undefined
  }

  /** The submissions on the device that are new to the ledger. */
  async function learn({ page }: TodoScreen): Promise<Stored[]> {
    return (await readStored(page, account)).filter(add)
  }

  return {
    submissions,
    learn,

    /** Whether the device has a submission that the ledger does not have yet. */
    async hasNew({ page }: TodoScreen): Promise<boolean> {
      return (await readStored(page, account)).some(({ id }) => !submissions.has(id))
    },

    /**
     * The submission that a person just made. There must be exactly one on the device, or, where people sign in,
     * in what was sent: a browser that was killed may have forgotten who had signed in, and its page for signing
     * in deletes the storage of an account that has nothing unsent.
     */
    async record(
      screen: TodoScreen,
      wanted: Partial<StoredIntent>,
      sent: () => readonly Stored[] = () => [],
    ): Promise<Stored> {
      const found = await eventually({
        expected: `a stored submission ${JSON.stringify(wanted)}`,
        async read() {
          const stored = await readStored(screen.page, account)
          const isGone = stored.length === 0 && signedIn !== undefined
          return (isGone ? sent() : stored).filter(add)
        },
        is: ({ length }) => length > 0,
      })
      expect(found.map(({ intent }) => intent)).toMatchObject([wanted])
      const [submission] = found
      if (submission === undefined) throw new Error('Expected a submission.')
      return submission
    },

    /** A person discards the submissions of a todo from this one on. */
    discard(id: string): void {
      const todo = submissions.get(id)?.intent.id
      let isBehind = false
      for (const [each, submission] of submissions) {
        isBehind ||= each === id
        if (isBehind && submission.intent.id === todo) submission.isDiscarded = true
      }
    },
  }
}
