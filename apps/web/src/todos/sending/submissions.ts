import type { ServerClock, Submission } from '@idem/outbox'
import { mintKey } from '@idem/outbox/key'
import type { Change, Seen } from '../operations/operation.ts'
import { type Intent, type OperationName, operations } from '../operations/operations.ts'
import { mintId } from './mint-id.ts'
import { mintingTime } from './minting-time.ts'

/** One submission for each decision of a person; the only place that mints keys and the ids of todos. */
export type Submissions = {
  /** The draft that the title was written in is removed with it. */
  create(title: string, draft?: string): TodoSubmission
  /** Only the given members are sent; what another device changed in the others remains. */
  change(operation: OperationName, row: Seen, change?: Change): TodoSubmission
  /** What was discarded, once more. A create keeps the id of its todo. */
  again(intent: Intent): TodoSubmission
}

export type TodoSubmission = Submission<Intent> & {
  readonly key: string
  readonly orderingKey: string
}

export function createSubmissions(clock: Pick<ServerClock, 'now'>): Submissions {
  function submission(intent: Intent, note?: string): TodoSubmission {
    const key = mintKey(clock.now())
    return { key, orderingKey: intent.id, intent, ...(note !== undefined && { note }) }
  }

  return {
    create(title, draft) {
      const seen = { id: mintId(mintingTime(clock.now())), title, completed: false }
      return submission(operations.createTodo.make(seen, {}), draft)
    },
    again: (intent) => submission(intent),
    change: (operation, row, change = {}) => submission(operations[operation].make(row, change)),
  }
}
