import { TRPCError, type TRPCMiddlewareFunction } from '@trpc/server'
import type { Idempotency } from '../create-idempotency.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { hasNoJson, isEnvelope, keyedInput } from './keyed-input.ts'
import { toTrpcError } from './trpc-error.ts'

/** The context of a procedure at this place. */
type ContextOf<Context, Overrides> = Overrides extends object
  ? Omit<Context, keyof Overrides> & Overrides
  : Context

export type IdempotentOptions<Context, Tx, Added> = {
  /** The owner of the key: two owners may use the same key independently. Never a value that the client can choose. */
  readonly owner: (context: Context) => string
  /** The part of the transaction that the resolver gets, for example `(tx) => ({ db: tx })`. */
  readonly context: (tx: Tx) => Added
  /** A key from elsewhere, such as a header; it takes precedence over the one in the input. */
  readonly key?: ((context: Context) => string | undefined) | undefined
  /** How a mutation without a key is treated: `refuse` by default. With `allow` each such call is an intent of its own, so a repeated call has a second effect; after a failure its client is told to ask a person. */
  readonly missingKey?: 'refuse' | 'allow' | undefined
}

/**
 * A middleware for mutations: of all calls with one key, one has its effect, in a
 * transaction with the key and the answer, and every call gets the same answer.
 * Queries and subscriptions pass with the context that they have.
 *
 * ```ts
 * const idempotentProcedure = protectedProcedure.use(
 *   idempotent(idempotency, {
 *     owner: (ctx) => ctx.session.user.id,
 *     context: (tx) => ({ db: tx }),
 *   }),
 * )
 * ```
 *
 * Put authorisation before it: a replay skips every later middleware.
 * The key comes from `idempotencyLink()` of @idem/outbox, or as the member
 * `idempotencyKey` of an object. After `.input(schema)` only such a member works,
 * because the schema would reject the envelope of the link.
 *
 * @throws TRPCError whose cause is an `IdempotencyError`; `refusalData` reads it for the client
 */
export function idempotent<Context, Meta, Overrides, Input, Tx, Added>(
  idempotency: Idempotency<Tx>,
  options: IdempotentOptions<ContextOf<Context, Overrides>, Tx, Added>,
): TRPCMiddlewareFunction<Context, Meta, Overrides, Added, Input> {
  const { owner, context, key: keyOf, missingKey = 'refuse' } = options

  const middleware = async (call: Call) => {
    if (call.type !== 'mutation') return call.next()
    const { key, compared, handedOn } = await inputOf(call)
    // The middleware is typed for this context, and tRPC calls it with no other.
    const caller = call.ctx as ContextOf<Context, Overrides>
    const intent = {
      owner: owner(caller),
      // A key that is not a string is refused by the check of its form.
      key: (keyOf?.(caller) ?? key ?? withoutKey(call, missingKey)) as string | undefined,
      operation: call.path,
      input: compared,
    }
    if (hasNoJson(compared)) throw new TRPCError(noJson('input', 'UNSUPPORTED_MEDIA_TYPE'))
    try {
      const { value } = await idempotency.run(
        intent,
        async (tx) => {
          const getRawInput = async () => handedOn
          const result = await call.next({
            ctx: context(tx),
            ...(call.input === undefined ? { getRawInput } : {}),
          })
          // `next` does not reject, and a resolved effect is committed.
          if (!result.ok) throw result.error
          return result.data
        },
        // Everything after this middleware would run again, and tRPC has passed on the input.
        { parse: withJson, rerun: false },
      )
      return { ok: true, data: value, marker: 'middlewareMarker' }
    } catch (error) {
      throw toTrpcError(error)
    }
  }
  // tRPC's own type of a result has a mark that only its `next` can set, and a replay does not call that.
  return middleware as unknown as TRPCMiddlewareFunction<Context, Meta, Overrides, Added, Input>
}

/** The part of tRPC's middleware arguments that this one uses. */
type Call = {
  readonly ctx: unknown
  readonly type: string
  readonly path: string
  readonly input: unknown
  readonly getRawInput: () => Promise<unknown>
  readonly next: (changes?: object) => Promise<Result>
}

type Result =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: TRPCError }

async function inputOf({ getRawInput, input, path }: Call) {
  const raw = await getRawInput()
  if (input !== undefined && isEnvelope(raw)) {
    throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: afterInput(path) })
  }
  return keyedInput(raw)
}

function withoutKey({ path }: Call, missingKey: 'refuse' | 'allow'): undefined {
  if (missingKey === 'allow') return undefined
  const cause = new IdempotencyError('key_missing')
  throw new TRPCError({ code: 'BAD_REQUEST', message: keyless(path), cause })
}

function withJson(answer: unknown): unknown {
  if (hasNoJson(answer)) throw new TRPCError(noJson('answer', 'INTERNAL_SERVER_ERROR'))
  return answer
}

function noJson<Code>(part: 'input' | 'answer', code: Code) {
  const message = `The ${part} of an idempotent mutation must have a form in JSON, and a form, a file or a stream has none; use a procedure without idempotent() for it.`
  return { code, message }
}

function keyless(path: string): string {
  return `${path} needs an idempotency key; add idempotencyLink() of @idem/outbox/trpc to the client, or the member idempotencyKey to the input.`
}

function afterInput(path: string): string {
  return `${path} has idempotent() after .input(), so its schema got the envelope of idempotencyLink() in place of the input; put idempotent() before .input().`
}
