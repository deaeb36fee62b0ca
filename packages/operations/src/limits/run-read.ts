import { retryRead } from '@idem/idempotency'
import { toRefusal } from '../answers/to-refusal.ts'
import type { Caller } from '../intents/call.ts'
import type { Services } from '../intents/services.ts'
import { expectCaller } from './expect-caller.ts'
import { inReadTurn } from './in-turn.ts'
import type { Turns } from './turns.ts'

/** Runs a read on a connection for reads, unless its caller has left by then. A slow read is not repeated. */
export async function runRead<T>(
  { adapter }: Pick<Services, 'adapter'>,
  caller: Caller,
  { turns, read }: { readonly turns: Turns; readonly read: () => Promise<T> },
): Promise<T> {
  try {
    return await retryRead({ adapter }, () =>
      inReadTurn(turns, caller, () => {
        expectCaller(caller.signal)
        return read()
      }),
    )
  } catch (error) {
    throw toRefusal(error, { isRepeatable: true })
  }
}
