import type { Operation, OperationResultEnvelope, TRPCClientError, TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { type Observable, observable, observableToPromise } from '@trpc/server/observable'
import { mintKey } from '../mint-key.ts'
import { againAfter } from '../repeat/again-after.ts'
import { pageClock } from '../repeat/page-clock.ts'
import { receivedRefusal } from '../repeat/refusal-of.ts'
import { type Again, type Ended, repeat } from '../repeat/repeat.ts'

export type IdempotencyLinkOptions = {
  /** The paths of the mutations with the middleware `idempotent()`, like `post.create`. Others are sent once, as without this link. Default: all mutations. */
  readonly paths?: readonly string[]
  /** How long one attempt may take, in ms; then it is repeated. Default: 30,000. */
  readonly attemptTimeoutMs?: number
}

/** The part of a call's context that the link reads: a key that outlives the call. `useIntent` returns one. */
export type IdempotencyContext = {
  readonly idempotencyKey?: string
  /** Called when the call is over. Without an error it was answered. */
  onSettled?(key: string, error?: unknown): void
}

/**
 * A link that gives every mutation an idempotency key and owns its retries: a call is
 * repeated under the same key until it is answered, and takes effect once if the
 * procedure has the middleware `idempotent()` of `@idem/idempotency/trpc`. Place it
 * before the terminating link.
 *
 * It repeats attempts without an answer (lost connection, time-out, unreadable
 * response, 502 and above) and those that the middleware asks to repeat (another
 * attempt in progress, database unavailable), with back-off from 0.5 s to 60 s and not
 * before the time that the server named. After three failures of the server (500) the
 * call rejects. Every other error is an answer: the call rejects at once. If the server
 * refuses the key as one from the future, the device's clock is ahead: the call gets
 * another key by the server's clock, once.
 *
 * The key is the member `idempotencyKey` of the call's context (see
 * `IdempotencyContext`) or of its input, otherwise a new UUIDv7. FormData and binary
 * input cannot have a key, and is sent once, without one.
 */
export function idempotencyLink<Router extends AnyTRPCRouter>({
  paths,
  attemptTimeoutMs,
}: IdempotencyLinkOptions = {}): TRPCLink<Router> {
  // A link before this one may send an operation again.
  const keys = new WeakMap<Operation, string>()

  function keyOf(op: Operation): string {
    const { idempotencyKey } = Object(op.input)
    const named = typeof idempotencyKey === 'string' ? idempotencyKey : undefined
    const key = keys.get(op) ?? contextOf(op).idempotencyKey ?? named ?? mintKey(pageClock.now())
    keys.set(op, key)
    return key
  }

  return () =>
    ({ op, next }) => {
      const isOwned = op.type === 'mutation' && (paths?.includes(op.path) ?? true)
      if (!isOwned || isBinary(op.input)) return next(op)

      async function send(signal: AbortSignal, refused?: string): Promise<Result<Router>> {
        const key = keyOf(op)
        const input = { '~idem': 1, key, input: op.input }
        try {
          const result = await repeat(
            (signal, isUnknown) =>
              ended<Router>(next({ ...op, input, signal }), { signal, isUnknown }),
            { key, signal, attemptTimeoutMs },
          )
          contextOf(op).onSettled?.(key)
          return result
        } catch (error) {
          const isNewKeyWanted = isFromFuture(error) && refused === undefined
          contextOf(op).onSettled?.(key, error)
          if (!isNewKeyWanted) throw error
          keys.delete(op)
          // The caller chose this key.
          if (keyOf(op) === key) throw error
          return send(signal, key)
        }
      }

      return observable((observer) => {
        const leaving = new AbortController()
        send(AbortSignal.any([leaving.signal, op.signal ?? leaving.signal])).then(
          (result) => {
            observer.next(result)
            observer.complete()
          },
          (error) => observer.error(error),
        )
        return () => leaving.abort()
      })
    }
}

type Result<Router extends AnyTRPCRouter> = OperationResultEnvelope<
  unknown,
  TRPCClientError<Router>
>

/** How an attempt ends. Some terminating links ignore the signal. */
function ended<Router extends AnyTRPCRouter>(
  results: Observable<Result<Router>, unknown>,
  { signal, isUnknown }: { readonly signal: AbortSignal; readonly isUnknown: boolean },
): Promise<Ended<Result<Router>>> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  return Promise.race([observableToPromise(results), aborted]).then(
    (result) => ({ result }),
    (error) => ({ error, again: againAfterError(error, isUnknown) }),
  )
}

/** The JSON-RPC code of every error 5xx, which no `errorFormatter` can remove. */
const internalError = -32_603
/** Represents every error 4xx: from the application it is an answer, also a 429. */
const badRequest = 400

function againAfterError(error: unknown, isUnknown: boolean): Again | undefined {
  const { data, shape, meta } = Object(error)
  if (shape) {
    const isOfServer = shape.code === internalError
    return againAfter({ status: isOfServer ? (data?.httpStatus ?? 500) : badRequest, data })
  }
  const status = meta?.response?.status
  // A response without an error that is not in tRPC's format is no answer, like none at all.
  return status >= badRequest ? againAfter({ status, isUnknown }) : {}
}

/**
 * Whether the device's clock is ahead. The server has refused the key for all attempts, also for one
 * that is still on its way, so the call may have another one. An attempt with an expired key may have
 * taken effect: the call may be a day old.
 */
function isFromFuture(error: unknown): boolean {
  const { code, serverTime } = receivedRefusal(Object(error).data) ?? {}
  pageClock.learn(serverTime)
  return code === 'key_from_future'
}

function contextOf({ context }: Operation): IdempotencyContext {
  // tRPC does not type it.
  return context as IdempotencyContext
}

/** Such an input is a body by itself. In an envelope it would become `{}`. */
function isBinary(input: unknown): boolean {
  return /FormData|Blob|File|Stream|nt8|AsyncGen/.test(Object.prototype.toString.call(input))
}
