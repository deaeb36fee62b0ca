import { initTRPC, TRPCError } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import type pg from 'pg'
import superjson from 'superjson'
import { z } from 'zod'
import { createIdempotency } from '../create-idempotency.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import type { World } from '../test-world.ts'
import { idempotent } from './idempotent.ts'
import { refusalData } from './trpc-error.ts'

export type Context = {
  readonly user: string | undefined
  readonly key?: string
  readonly db: 'none'
}

/** How often each part of the server was reached. */
export type Counts = { authorised: number; after: number; resolved: number }

/** A router as another project would write it, on the tables of this world. */
export function routerOn(world: World) {
  const counts: Counts = { authorised: 0, after: 0, resolved: 0 }
  const t = initTRPC.context<Context>().create({
    transformer: superjson,
    isDev: false,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: { ...shape.data, ...refusalData(error) },
    }),
  })
  const protectedProcedure = t.procedure.use(({ ctx, next }) => {
    counts.authorised += 1
    if (ctx.user === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' })
    return next({ ctx: { user: ctx.user } })
  })
  const idempotency = createIdempotency({
    adapter: pgAdapter(world.openPool()),
    serializer: superjson,
    waitMs: 200,
  })
  const once = protectedProcedure
    .use(
      idempotent(idempotency, {
        owner: (ctx) => ctx.user,
        key: (ctx) => ctx.key,
        context: (tx) => ({ db: tx }),
      }),
    )
    .use(({ next }) => {
      counts.after += 1
      return next()
    })
  const allowing = protectedProcedure.use(
    idempotent(idempotency, {
      owner: (ctx) => ctx.user,
      context: (tx) => ({ db: tx }),
      missingKey: 'allow',
    }),
  )

  async function make(db: pg.PoolClient, name: string) {
    counts.resolved += 1
    await db.query('insert into effect values ($1)', [name])
    return { name, madeAt: new Date(Date.UTC(2026, 1, 3) + counts.resolved) }
  }

  const router = t.router({
    make: once
      .input(z.strictObject({ name: z.string() }))
      .mutation(({ ctx, input }) => make(ctx.db, input.name)),
    declared: once
      .input(z.strictObject({ name: z.string(), idempotencyKey: z.string() }))
      .mutation(async ({ ctx, input }) => {
        await make(ctx.db, input.name)
        return input.idempotencyKey
      }),
    text: once.input(z.string()).mutation(({ ctx, input }) => make(ctx.db, input)),
    tags: once
      .input(z.map(z.string(), z.number()))
      .mutation(({ ctx, input }) => make(ctx.db, [...input.keys()].join())),
    nothing: once.mutation(({ ctx }) => make(ctx.db, 'nothing')),
    failing: once.input(z.object({ name: z.string() })).mutation(async ({ ctx, input }) => {
      await make(ctx.db, input.name)
      throw new TRPCError({ code: 'CONFLICT', message: 'Declined.' })
    }),
    wrapped: once.mutation(async ({ ctx }) => {
      try {
        return await ctx.db.query(`do $$ begin raise exception 'x' using errcode = '40001'; end $$`)
      } catch (cause) {
        throw new TRPCError({ code: 'BAD_REQUEST', cause })
      }
    }),
    stream: once.mutation(async ({ ctx }) => {
      await make(ctx.db, 'stream')
      return (async function* () {
        yield 1
      })()
    }),
    form: once.input(z.instanceof(FormData)).mutation(({ ctx }) => make(ctx.db, 'form')),
    allowed: allowing
      .input(z.object({ name: z.string() }))
      .mutation(({ ctx, input }) => make(ctx.db, input.name)),
    parsedFirst: protectedProcedure
      .input(z.object({ name: z.string().min(1), idempotencyKey: z.string().optional() }))
      .use(idempotent(idempotency, { owner: (ctx) => ctx.user, context: (tx) => ({ db: tx }) }))
      .mutation(({ ctx, input }) => make(ctx.db, input.name)),
    anyFirst: protectedProcedure
      .input(z.unknown())
      .use(idempotent(idempotency, { owner: (ctx) => ctx.user, context: (tx) => ({ db: tx }) }))
      .mutation(({ ctx }) => make(ctx.db, 'any')),
    read: once.query(({ ctx }) => `read with ${String(ctx.db)}`),
  })

  return {
    router,
    counts,
    caller: (context: Partial<Context> = {}) =>
      t.createCallerFactory(router)({ user: 'ann', db: 'none', ...context }),
    /** The router over HTTP, without a network. */
    fetch: (url: string | URL | Request, init?: RequestInit) =>
      fetchRequestHandler({
        endpoint: '/trpc',
        req: new Request(url, init),
        router,
        createContext: () => ({ user: 'ann', db: 'none' as const }),
      }),
  }
}

export type TestRouter = ReturnType<typeof routerOn>['router']
