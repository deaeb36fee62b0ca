import type { UseMutationOptions } from '@tanstack/react-query'
import { createOutbox as createPlainOutbox } from '../create-outbox.ts'
import type { Advised } from '../entry.ts'
import { mintKey } from '../mint-key.ts'
import type { NotAnsweredError } from '../not-answered-error.ts'
import type { NotWrittenError } from '../not-written-error.ts'
import type { Outbox, OutboxOptions } from '../outbox.ts'
import { type ErrorRefusal, refusalOf } from '../repeat/refusal-of.ts'
import { answerOf } from './answer-of.ts'

/** An outbox whose intents are mutations of TanStack Query. */
export type QueryOutbox<Intent, Answer, Refused extends Advised = ErrorRefusal> = Outbox<
  Intent,
  Answer,
  Refused
> & {
  /**
   * Options for `useMutation`. Its variables are the intent: it is stored on the device
   * before it is sent, and sent until it is answered, by this page or a later one. The
   * mutation succeeds with the answer of the server and is pending until then, also
   * offline. It fails with a `NotAnsweredError` when the server has refused the intent
   * (`refusal`) or a person discarded it, and with a `NotWrittenError` when the device
   * could not store it.
   *
   * A refused intent is discarded as its refusal is reported here; one that is refused
   * in a later page waits for a person, in the snapshot.
   */
  mutationOptions<Context = unknown>(
    options?: DurableMutationOptions<Intent, Answer, Refused, Context>,
  ): UseMutationOptions<Answer, MutationError<Refused>, Intent, Context>
}

export type MutationError<Refused extends Advised = ErrorRefusal> =
  | NotAnsweredError<Refused>
  | NotWrittenError

export type DurableMutationOptions<Intent, Answer, Refused extends Advised, Context> = Omit<
  UseMutationOptions<Answer, MutationError<Refused>, Intent, Context>,
  // The outbox decides when to send, and a mutation that waits in TanStack Query is in memory only.
  'mutationFn' | 'retry' | 'retryDelay' | 'networkMode' | 'scope'
> & {
  /** Intents with the same ordering key are sent one after another, in their order. Default: none waits for another. */
  readonly orderingKey?: (intent: Intent) => string
}

/**
 * Creates an outbox with `mutationOptions`, for TanStack Query. Like `createOutbox` of
 * `@idem/outbox`, but by default it reads refusals from the errors of tRPC and from
 * errors with a `status`: 4xx, except 401, 408, 425 and 429, is not sent again.
 */
export function createOutbox<Intent, Answer, Refused extends Advised = ErrorRefusal>(
  options: OutboxOptions<Intent, Answer, Refused>,
): QueryOutbox<Intent, Answer, Refused> {
  type Own = OutboxOptions<Intent, Answer, Refused>
  // Without an own `refusalOf`, `Refused` is its default; `remint` reads any refusal.
  const defaults = { refusalOf, remint } as unknown as Pick<Own, 'refusalOf' | 'remint'>
  const outbox = createPlainOutbox({ ...defaults, ...options })
  return {
    ...outbox,
    mutationOptions: ({ orderingKey, ...more } = {}) => ({
      ...more,
      mutationFn: (intent) =>
        answerOf(outbox, { intent, ...(orderingKey && { orderingKey: orderingKey(intent) }) }),
      retry: false,
      // Offline it must be stored, not wait.
      networkMode: 'always',
    }),
  }
}

/** A key from the future is refused for all attempts, and had no effect in any: the device's clock is ahead. */
async function remint(
  _: unknown,
  { code, serverTime }: Partial<ErrorRefusal>,
): Promise<string | undefined> {
  const isAhead = code === 'key_from_future' && serverTime !== undefined
  return isAhead ? mintKey(Date.parse(serverTime)) : undefined
}
