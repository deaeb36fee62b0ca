import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import { RefusalError } from '@idem/contract/refusal'
import type { Arrived } from '@idem/operations/call'
import { StoredAnswer } from '@idem/operations/stored-answer'
import { initTRPC } from '@trpc/server'
import type { z } from 'zod'
import type { Context } from '../http/context.ts'
import { withDeadline } from '../http/with-deadline.ts'
import { errorShape } from './error-shape.ts'
import { toTrpcError } from './trpc-error.ts'

export type TrpcContext = Context & {
  /** REST's key. Over tRPC the key is a member of the input, and the two must not differ. */
  readonly keyHeader?: IdempotencyKey | undefined
  /** Set by an adapter that writes a stored answer as its text. Every other caller gets the value. */
  readonly writesStoredText?: boolean | undefined
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

  function mutation<Input extends z.ZodType, Answer>(input: Input, run: Run<Input, Answer>) {
    return builder.input(withArrived(input)).mutation(({ ctx, input }) =>
      answered(ctx, async () => {
        // `withArrived` adds it, but tRPC's types cannot express that while the schema is a parameter.
        const call = { ...ctx, ...(input as Arrived<z.output<Input>>) }
        expectOneKey(call)
        const isRepeatable = Object(call.arrived).idempotencyKey !== undefined
        return withDeadline(() => run(call), { isRepeatable })
      }),
    )
  }

  return {
    /** A read. */
    query<Input extends z.ZodType, Answer>(
      input: Input,
      run: (
        call: TrpcContext & { readonly input: z.output<Input> },
      ) => Promise<Answer | StoredAnswer<Answer>>,
    ) {
      return builder.input(input).query(({ ctx, input }) =>
        answered(ctx, () =>
          withDeadline(() => run({ ...ctx, input: parsed<Input>(input) }), {
            isRepeatable: true,
          }),
        ),
      )
    },

    /** A mutation that needs a key and has its effect once. */
    onceOnly<Input extends KeyedInput, Answer>(input: Input, run: Run<Input, Answer>) {
      return mutation(input, run)
    },

    /** A mutation that accepts calls without a key, because a second call changes nothing; `reason` says why. With a key it has its effect once. */
    repeatable<Input extends z.ZodType, Answer>(
      kind: { readonly input: Input; readonly reason: string },
      run: Run<Input, Answer>,
    ) {
      return mutation(kind.input, run)
    },
  }
}

type KeyedInput = z.ZodType<{ idempotencyKey: string }, { idempotencyKey: string }>

type Run<Input extends z.ZodType, Answer> = (
  call: TrpcContext & Arrived<z.output<Input>>,
) => Promise<StoredAnswer<Answer>>

/** A client that sends a key in the header relies on it, so it is never ignored. */
function expectOneKey({ keyHeader, arrived }: TrpcContext & { readonly arrived: unknown }): void {
  if (keyHeader === undefined) return
  const key: unknown = Object(arrived).idempotencyKey
  if (key === undefined) throw new RefusalError('key_missing')
  if (key !== keyHeader) throw new RefusalError('key_ambiguous')
}

/** The only place that converts a stored answer to its value, and a refusal to an error of tRPC. */
async function answered<Answer>(
  { writesStoredText }: TrpcContext,
  run: () => Promise<Answer | StoredAnswer<Answer>>,
): Promise<Answer> {
  try {
    const answer = await run()
    if (!(answer instanceof StoredAnswer)) return answer
    // The type for every other caller; the adapter reads `unknown`.
    return writesStoredText === true ? (answer as unknown as Answer) : answer.value()
  } catch (error) {
    throw toTrpcError(error)
  }
}

/**
 * Parses the input and keeps the received input beside it. A parser and not a middleware, because tRPC
 * copies the whole call for each middleware.
 */
function withArrived<Input extends z.ZodType>(input: Input) {
  const parser = { parse: (arrived: unknown) => ({ input: input.parse(arrived), arrived }) }
  // tRPC infers the client's input from these members, which exist only as types.
  return parser as typeof parser & {
    readonly _input: z.input<Input>
    readonly _output: Arrived<z.output<Input>>
  }
}

// tRPC parsed it by this schema, but its types cannot express that while the schema is a parameter.
function parsed<Input extends z.ZodType>(input: unknown): z.output<Input> {
  return input as z.output<Input>
}
