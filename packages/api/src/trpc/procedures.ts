import { type MutationInput, type MutationName, mutations } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { type Answer, IdempotencyError } from '@idem/idempotency'
import type { Call } from '@idem/operations/call'
import type { Mutations } from '@idem/operations/run-mutation'
import { type AnyProcedure, initTRPC } from '@trpc/server'
import { z } from 'zod'
import { type Context, withDeadline } from '../http/call.ts'
import { Key, KeyInput } from '../http/key.ts'
import { errorShape, toTrpcError } from './trpc-error.ts'

export type TrpcContext = Context & {
  /** REST's key. Over tRPC the key is a member of the input, and the two must not differ. */
  readonly keyHeader?: string | undefined
  /** Set by an adapter that takes the whole answer and writes its text. Every other caller gets the value. */
  readonly writesText?: boolean | undefined
}

const trpc = initTRPC.context<TrpcContext>().create({
  // Independent of NODE_ENV: stacks belong in the log.
  isDev: false,
  errorFormatter: errorShape,
})

export const { router } = trpc

type Builder = typeof trpc.procedure

export type Procedures = ReturnType<typeof createProcedures>

/**
 * The only ways to write a procedure. tRPC's own builder stays in this file: its
 * bare `.mutation` would allow a mutation without a decision about repeated
 * calls. `extend` adds middleware to every procedure.
 */
export function createProcedures(extend: (builder: Builder) => Builder = (builder) => builder) {
  const builder = extend(trpc.procedure)

  function mutation<Name extends MutationName, KeyMember>(
    name: Name,
    key: z.ZodType<string | undefined>,
  ) {
    const input = withKey<Name, KeyMember>(name, key)
    return builder.input(input).mutation(({ ctx, input }) => {
      // `withKey` parses to this, but tRPC's types cannot express that while the name is a parameter.
      const call = input as Call<MutationInput<Name>>
      const operations: Mutations = ctx.operations
      return answered(ctx, call, () => operations[name](ctx.caller, call))
    })
  }

  return {
    /** A read. */
    query<Input extends z.ZodType, Value>(
      input: Input,
      run: (call: TrpcContext & { readonly input: z.output<Input> }) => Promise<Answer<Value>>,
    ) {
      return builder.input(input).query(({ ctx, input }) =>
        // tRPC parsed it by this schema, but its types cannot express that while the schema is a parameter.
        answered(ctx, undefined, () => run({ ...ctx, input: input as z.output<Input> })),
      )
    },

    /** A mutation that needs a key and has its effect once. */
    onceOnly<Name extends MutationName>(name: Name) {
      return mutation<Name, { idempotencyKey: string }>(name, Key)
    },

    /** A mutation that accepts calls without a key, because a second call changes nothing; `reason` says why. With a key it has its effect once. */
    repeatable<Name extends MutationName>(name: Name, _reason: string) {
      return mutation<Name, { idempotencyKey?: string | undefined }>(name, Key.optional())
    },

    /** A mutation that settles a key and has none of its own. It may be repeated; `reason` says why. */
    settling<Value>(
      _reason: string,
      run: (ctx: TrpcContext, key: string) => Promise<Answer<Value>>,
    ) {
      return builder
        .input(KeyInput)
        .mutation(({ ctx, input: { idempotencyKey: key } }) =>
          answered(ctx, { key }, () => run(ctx, key)),
        )
    },
  }
}

/**
 * The only place that converts an answer to its value, and a refusal to an error of tRPC. `keyed` is
 * undefined for a read.
 */
async function answered<Value>(
  { keyHeader, writesText }: TrpcContext,
  keyed: { readonly key: string | undefined } | undefined,
  run: () => Promise<Answer<Value>>,
): Promise<Value> {
  try {
    if (keyed !== undefined && keyHeader !== undefined) expectOneKey(keyHeader, keyed.key)
    const keyless = keyed !== undefined && keyed.key === undefined
    const answer = await withDeadline({ keyless }, run)
    // The type for every other caller; the adapter reads an answer.
    return writesText === true ? (answer as unknown as Value) : answer.value
  } catch (error) {
    throw toTrpcError(error)
  }
}

/** A client that sends a key in the header relies on it, so it is never ignored. */
function expectOneKey(header: string, key: string | undefined): void {
  if (key === undefined) throw new IdempotencyError('key_missing')
  if (key !== header) throw new RefusalError('key_ambiguous')
}

/**
 * Parses the input of a mutation with its key, and keeps what was received beside it. A parser and not a
 * middleware, because tRPC copies the whole call for each middleware.
 */
function withKey<Name extends MutationName, KeyMember>(
  name: Name,
  key: z.ZodType<string | undefined>,
) {
  const schema = z.strictObject({ ...mutations[name].input.shape, idempotencyKey: key })
  const parser = {
    parse(received: unknown): Call<unknown> {
      const input = schema.parse(received)
      // An object, or the schema would have refused it.
      const { idempotencyKey, ...arrived } = received as { idempotencyKey?: string }
      return { key: idempotencyKey, input, arrived }
    },
  }
  // tRPC infers the client's input from these members, which exist only as types.
  return parser as typeof parser & {
    readonly _input: z.input<(typeof mutations)[Name]['input']> & KeyMember
    readonly _output: Call<MutationInput<Name>>
  }
}

type ProcedureCall = Parameters<AnyProcedure>[0]

/**
 * Calls a procedure like tRPC. A procedure without middleware skips tRPC's loop over the steps, which
 * copies the whole call for each step and costs more than parsing, key and fingerprint of a small mutation
 * together. A procedure with any middleware uses that loop.
 */
export function callProcedure(procedure: AnyProcedure, call: ProcedureCall): Promise<unknown> {
  const steps = plainSteps(procedure)
  if (steps === undefined) return procedure(call)
  const { parseInput, resolver } = steps
  const next: Next = ({ input }) => resolver({ ...call, input })
  return parseInput({ ...call, meta: undefined, next })
}

/** The steps of a procedure that has only two: tRPC's input parser, and the call of the resolver. */
export function plainSteps({ _def }: AnyProcedure) {
  // Present at run time, but not in tRPC's public types.
  const { middlewares, resolver } = _def as unknown as Definition
  const [parseInput, resolve, ...others] = middlewares
  if (parseInput?._type !== 'input' || resolve === undefined || others.length > 0) return undefined
  return { parseInput, resolver }
}

type Definition = {
  readonly middlewares: readonly Middleware[]
  readonly resolver: (call: ProcedureCall & { readonly input: unknown }) => unknown
}

type Middleware = {
  (call: ProcedureCall & { readonly meta: undefined; readonly next: Next }): Promise<unknown>
  readonly _type?: string
}

type Next = (parsed: { readonly input: unknown }) => unknown
