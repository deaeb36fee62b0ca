import type { ServerClock, Submission } from '@idem/outbox'
import { mintKey } from '@idem/outbox/key'
import type { Row } from '../list/merge-optimistic.ts'
import { type Intent, intentVersion } from './intent.ts'
import { mintId } from './mint-id.ts'
import { mintingTime } from './minting-time.ts'

/** One submission for each decision of a person; the only place that mints keys and the ids of todos. */
export type Submissions = {
  /** The draft that the title was written in is removed with it. */
  create(title: string, draft?: string): TodoSubmission
  remove(row: Seen): TodoSubmission
  /** Only the given members are sent; what another device changed in the others remains. */
  update(row: Seen, change: Change): TodoSubmission
  restore(row: Seen): TodoSubmission
}

export type TodoSubmission = Submission<Intent> & {
  readonly key: string
  readonly orderingKey: string
}

/** A row on which a person decides. A version that is unknown is taken from the previous answer. */
export type Seen = Pick<Row, 'id' | 'title' | 'completed' | 'version'> & {
  /** The entry that is undone. */
  readonly undoes?: string | undefined
}
export type Change = { readonly title?: string; readonly completed?: boolean }

export function createSubmissions(clock: Pick<ServerClock, 'now'>): Submissions {
  function submission(intent: Intent, note?: string): TodoSubmission {
    const key = mintKey(clock.now())
    return { key, orderingKey: intent.id, intent, ...(note !== undefined && { note }) }
  }

  return {
    create(title, draft) {
      const id = mintId(mintingTime(clock.now()))
      return submission({ v: intentVersion, operation: 'createTodo', id, title }, draft)
    },
    remove({ id, title, version }) {
      return submission({
        v: intentVersion,
        operation: 'deleteTodo',
        id,
        title,
        ...seen({ version }),
      })
    },
    update({ id, title, completed, ...rest }, change) {
      const shown = { title, completed, ...change }
      const changes = members.filter((member) => change[member] !== undefined)
      const operation = 'updateTodo'
      return submission({ v: intentVersion, operation, id, ...shown, changes, ...seen(rest) })
    },
    restore({ id, title, completed, ...rest }) {
      const operation = 'restoreTodo'
      return submission({ v: intentVersion, operation, id, title, completed, ...seen(rest) })
    },
  }
}

const members = ['title', 'completed'] as const

function seen({ version, undoes }: Pick<Seen, 'version' | 'undoes'>) {
  return { ...(version !== undefined && { version }), ...(undoes !== undefined && { undoes }) }
}
