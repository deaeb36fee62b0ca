import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { createRestHandler } from './rest/rest-handler.ts'
import { exchange, type Sent } from './rest/test-exchange.ts'
import { withoutDatabase } from './test-without-database.ts'
import { createWorld, listen } from './test-world.ts'
import { createTrpcHandler } from './trpc/trpc-handler.ts'

const declines = [
  'unauthenticated',
  'reauthentication_required',
  'forbidden',
  'other_account',
  'too_many',
] as const

export type Asked = Sent & { readonly path: string }

/** Both APIs behind a check that refuses on request, in place of a sign-in. */
export async function decliningApis() {
  const world = await createWorld()
  const away = withoutDatabase()
  const broken = {
    ...world.context.operations,
    createTodo: () => Promise.reject(new Error('The inside.')),
  }
  const operationsFor = { away: away.operations, broken }
  const contextOf = ({ headers }: IncomingMessage) => {
    const code = declines.find((each) => each === headers['x-declined'])
    if (code !== undefined) throw new RefusalError(code)
    const state = headers['x-database']
    const operations =
      state === 'away' || state === 'broken' ? operationsFor[state] : world.context.operations
    return { ...world.context, operations }
  }
  const onUnexpected = () => undefined
  const trpc = createTrpcHandler({ contextOf, onUnexpected })
  const rest = createRestHandler({ contextOf, onUnexpected, requireKey: false })
  const strict = createRestHandler({ contextOf, onUnexpected, requireKey: true })
  const server = await listen((request, response) => {
    const path = request.url ?? ''
    const mount = '/api/trpc/'
    if (path.startsWith(mount)) {
      void trpc(request, response, path.slice(mount.length), new URLSearchParams())
    } else void (request.headers['x-key'] === 'required' ? strict : rest)(request, response)
  })

  return {
    ask: ({ path, ...sent }: Asked) => exchange(server.url, path, sent),
    /** The code of the refusal that is stored with the key. */
    async stored(key: string): Promise<unknown> {
      const { rows } = await world.pool.query(
        'select refusal, cancelled from idem.idempotency_record where key = $1',
        [key],
      )
      if (rows[0]?.cancelled) return 'cancelled'
      return rows[0]?.refusal ? JSON.parse(rows[0].refusal).code : undefined
    },
    holdKey: world.holdKey,
    /** An effect that commits by itself and then fails leaves the record of its key like this. */
    async loseAnswer(key: string): Promise<void> {
      await world.pool.query('update idem.idempotency_record set answer = null where key = $1', [
        key,
      ])
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await away[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}
