import type { UseMutationOptions } from '@tanstack/react-query'
import type { Refusal } from '../entry.ts'
import type { NotAnsweredError } from '../not-answered-error.ts'
import type { NotWrittenError } from '../not-written-error.ts'
import type { Outbox } from '../outbox.ts'
import { answerOf } from './answer-of.ts'

export type MutationError<Refused extends Refusal = Refusal> =
  | NotAnsweredError<Refused>
  | NotWrittenError

export type DurableMutationOptions<Intent, Answer, Refused extends Refusal, Context> = Omit<
  UseMutationOptions<Answer, MutationError<Refused>, Intent, Context>,
  // The outbox decides when to send, and a mutation that waits in TanStack Query is in memory only.
  'mutationFn' | 'retry' | 'retryDelay' | 'networkMode' | 'scope'
> & {
  /** Intents with the same ordering key are sent one after another, in their order. Default: none waits for another. */
  readonly orderingKey?: (intent: Intent) => string
}

/**
 * Options for `useMutation`. Its variables are an intent of the outbox: it is stored on the
 * device before it is sent, and sent until it is answered, by this page or a later one. The
 * mutation succeeds with the answer of the server and is pending until then, also
 * offline. It fails with a `NotAnsweredError` when the server has refused the intent
 * (`refusal`) or a person discarded it, and with a `NotWrittenError` when the device
 * could not store it.
 *
 * A refused intent is discarded as its refusal is reported here; one that is refused
 * in a later page waits for a person, in the snapshot.
 */
export function mutationOptions<Intent, Answer, Refused extends Refusal, Context = unknown>(
  outbox: Outbox<Intent, Answer, Refused>,
  options: DurableMutationOptions<Intent, Answer, Refused, Context> = {},
): UseMutationOptions<Answer, MutationError<Refused>, Intent, Context> {
  const { orderingKey, ...more } = options
  return {
    ...more,
    mutationFn: (intent) =>
      answerOf(outbox, { intent, ...(orderingKey && { orderingKey: orderingKey(intent) }) }),
    retry: false,
    // Offline it must be stored, not wait.
    networkMode: 'always',
  }
}
