import type { Procedure } from './read-calls.ts'

type Call = Parameters<Procedure>[0]

/**
 * Calls a procedure like tRPC. A procedure without middleware skips tRPC's loop over the steps, which
 * copies the whole call for each step and costs more than parsing, key and fingerprint of a small mutation
 * together. A procedure with any middleware uses that loop.
 */
export function callProcedure(procedure: Procedure, call: Call): Promise<unknown> {
  const steps = plainSteps(procedure)
  if (steps === undefined) return procedure(call)
  const { parseInput, resolver } = steps
  const next: Next = ({ input }) => resolver({ ...call, input })
  return parseInput({ ...call, meta: undefined, next })
}

/** The steps of a procedure that has only two: tRPC's input parser, and the call of the resolver. */
export function plainSteps({ _def }: Procedure) {
  // Present at run time, but not in tRPC's public types.
  const { middlewares, resolver } = _def as unknown as Definition
  const [parseInput, resolve, ...others] = middlewares
  if (parseInput?._type !== 'input' || resolve === undefined || others.length > 0) return undefined
  return { parseInput, resolver }
}

type Definition = {
  readonly middlewares: readonly Middleware[]
  readonly resolver: (call: Call & { readonly input: unknown }) => unknown
}

type Middleware = {
  (call: Call & { readonly meta: undefined; readonly next: Next }): Promise<unknown>
  readonly _type?: string
}

type Next = (parsed: { readonly input: unknown }) => unknown
