import { initTRPC } from '@trpc/server'

const t = initTRPC.create()
const comments: string[] = []

/** In an app, `.use(idempotent(…))` of `@idem/idempotency/trpc` takes the key and unwraps the input. */
function unwrapped(sent: unknown): { readonly text: string } {
  return Object(sent).input
}

export const appRouter = t.router({
  addComment: t.procedure.input(unwrapped).mutation(({ input }) => {
    comments.push(input.text)
    return { id: `c${comments.length}`, text: input.text }
  }),
})

export type AppRouter = typeof appRouter
