import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import { RefusalError } from '@idem/contract/refusal'
import type { Arrived, Caller, Operations } from '@idem/operations/create-operations'
import { type StoredAnswer, valueIn } from '@idem/operations/stored-answer'
import { initTRPC, TRPCError } from '@trpc/server'
import type { z } from 'zod'
import { refusalShape } from './refusal-shape.ts'
import { asTrpcError } from './refusal-table.ts'

export type Context = {
  readonly caller: Caller
  readonly operations: Operations
  /** What REST would take for the key. Here the key is a member of the input, and the two may not differ. */
  readonly keyHeader?: IdempotencyKey | undefined
}

const trpc = initTRPC.context<Context>().create({
  // Never, whatever NODE_ENV says: a stack is for the log.
  isDev: false,
  errorFormatter: refusalShape,
})

export const { router } = trpc

/**
 * The only ways to write a procedure. tRPC's own builder stays in this file:
 * its bare `.mutation` would let someone forget to say what a repeated call does.
 */
export const procedures = {
  /** Reads only. */
  query<Input extends z.ZodType, Answer>(
    input: Input,
    run: (
      call: Context & { readonly input: z.output<Input> },
    ) => Promise<Answer | StoredAnswer<Answer>>,
  ) {
    const procedure = trpc.procedure
      .input(input)
      .query(async ({ ctx, input }) =>
        valueIn(await translated(() => run({ ...ctx, input: parsed<Input>(input) }))),
      )
    return withDirectCall(procedure, input, run)
  },

  /** Needs a key, and has its effect once. */
  onceOnly<Input extends KeyedInput, Answer>(input: Input, run: Run<Input, Answer>) {
    return mutation(input, run)
  },

  /** May come without a key, because a second call finds nothing left to do: `reason` says why. With one it has its effect once. */
  repeatable<Input extends z.ZodType, Answer>(
    kind: { readonly input: Input; readonly reason: string },
    run: Run<Input, Answer>,
  ) {
    return mutation(kind.input, run)
  },
}

type KeyedInput = z.ZodType<{ idempotencyKey: string }, { idempotencyKey: string }>

type Run<Input extends z.ZodType, Answer> = (
  call: Context & Arrived<z.output<Input>>,
) => Promise<StoredAnswer<Answer>>

function mutation<Input extends z.ZodType, Answer>(input: Input, work: Run<Input, Answer>) {
  const run: Run<Input, Answer> = async (call) => {
    expectOneKey(call)
    return work(call)
  }
  const procedure = trpc.procedure.input(withArrived(input)).mutation(async ({ ctx, input }) =>
    // Made by `withArrived`, but tRPC's types cannot say so while the schema is a parameter.
    valueIn(await translated(() => run({ ...ctx, ...(input as Arrived<z.output<Input>>) }))),
  )
  return withDirectCall(procedure, input, run)
}

/** One who sends a key in the header relies on it, so it is never just ignored. */
function expectOneKey({ keyHeader, arrived }: Context & { readonly arrived: unknown }): void {
  if (keyHeader === undefined) return
  const key: unknown = Object(arrived).idempotencyKey
  if (key === undefined) throw new RefusalError('key_missing')
  if (key !== keyHeader) throw new RefusalError('key_ambiguous')
}

type DirectCall = (context: Context, arrived: unknown) => Promise<unknown>

const directCalls = new WeakMap<object, DirectCall>()

/**
 * Does what calling the procedure through tRPC does, and throws what it throws,
 * but gives a stored answer as it is stored, and makes none of the copies tRPC
 * makes of a call for each of its steps: they cost a small mutation more than
 * its parsing, its key and its fingerprint together.
 */
export function callDirectly(
  procedure: object,
  context: Context,
  arrived: unknown,
): Promise<unknown> {
  const call = directCalls.get(procedure)
  if (call === undefined)
    throw new Error('Only procedures made in this file can be called directly.')
  return call(context, arrived)
}

function withDirectCall<Procedure extends object, Input extends z.ZodType>(
  procedure: Procedure,
  input: Input,
  run: (call: Context & Arrived<z.output<Input>>) => Promise<unknown>,
): Procedure {
  directCalls.set(procedure, (context, arrived) =>
    translated(() => {
      const read = input.safeParse(arrived)
      if (!read.success) throw new TRPCError({ code: 'BAD_REQUEST', cause: read.error })
      return run({ ...context, input: read.data, arrived })
    }),
  )
  return procedure
}

/**
 * Parses the input and keeps it beside as it arrived. A parser and not a
 * middleware, because for each of those tRPC copies the whole call.
 */
function withArrived<Input extends z.ZodType>(input: Input) {
  const parser = { parse: (arrived: unknown) => ({ input: input.parse(arrived), arrived }) }
  // The members by which tRPC knows what a client may send; they exist as types only.
  return parser as typeof parser & {
    readonly _input: z.input<Input>
    readonly _output: Arrived<z.output<Input>>
  }
}

// tRPC parsed it by this very schema, but its types cannot say so while the schema is a parameter.
function parsed<Input extends z.ZodType>(input: unknown): z.output<Input> {
  return input as z.output<Input>
}

async function translated<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw asTrpcError(error)
  }
}
