import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import superjson from 'superjson'
import { startFaultyServer } from '../repeat/test-faulty-server.ts'

type Envelope = { readonly '~idem': 1; readonly key: string; readonly input?: unknown }
/** Thrown by the server for one attempt. With `refusal` it is one of the middleware. */
type Problem = {
  readonly code: TRPCError['code']
  readonly refusal?: {
    readonly code: string
    readonly retry: string
    readonly retryAfterMs?: number
    readonly serverTime?: string
  }
}

class Refusal extends Error {
  readonly refusal: Problem['refusal']
  constructor(refusal: Problem['refusal']) {
    super('Refused.')
    this.refusal = refusal
  }
}

const t = initTRPC.create({
  transformer: superjson,
  errorFormatter: ({ shape, error: { cause } }) => ({
    ...shape,
    data: { ...shape.data, ...(cause instanceof Refusal && { idem: cause.refusal }) },
  }),
})

/** Checks nothing: the tests look at the inputs that arrived. */
const anything = t.procedure.input((input: unknown) => input)

/** Tests only: a tRPC server with a mutation that takes effect once per key, like the middleware. */
export async function startAppServer() {
  const inputs: unknown[] = []
  const notes = new Map<string, { readonly id: number; readonly input: unknown }>()
  const problems: (Problem | undefined)[] = []

  const router = t.router({
    addNote: anything.mutation(({ input }) => {
      inputs.push(input)
      const problem = problems.shift()
      if (problem !== undefined) {
        const { code, refusal } = problem
        throw new TRPCError({ code, message: 'A problem.', cause: refusal && new Refusal(refusal) })
      }
      // The tests send nothing else to it.
      const { key, input: note } = input as Envelope
      const stored = notes.get(key) ?? { id: notes.size + 1, input: note }
      notes.set(key, stored)
      return stored
    }),
    echo: anything.mutation(({ input }) => {
      inputs.push(input)
      return input instanceof FormData ? 'a form' : input
    }),
    read: anything.query(({ input }) => {
      inputs.push(input)
      return input
    }),
  })
  const server = await startFaultyServer(createHTTPHandler({ router }))
  return {
    ...server,
    router,
    /** The input of each attempt that reached a procedure, as it arrived. */
    inputs,
    keys: () => inputs.map((input) => (input as Envelope).key),
    notes,
    problems,
  }
}

export type AppServer = Awaited<ReturnType<typeof startAppServer>>
export type AppRouter = AppServer['router']
