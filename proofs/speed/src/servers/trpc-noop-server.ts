import type { AddressInfo } from 'node:net'
import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { z } from 'zod'

// tRPC as in its documentation, with a mutation that does nothing.
const { procedure, router } = initTRPC.create()

const server = createHTTPServer({
  basePath: '/api/trpc/',
  router: router({
    createTodo: procedure
      .input(z.object({ idempotencyKey: z.string(), title: z.string() }))
      .mutation(({ input }) => ({ title: input.title })),
  }),
})

server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`serve http://127.0.0.1:${port}\n`)
})

process.once('disconnect', () => process.exit())
