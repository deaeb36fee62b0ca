// https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/: a function is wrapped, and
// a member of its argument is the key. In a Lambda the context says how much time is left, after which
// another attempt may take over; here a request may take two seconds.
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import { CachePersistenceLayer } from '@aws-lambda-powertools/idempotency/cache'
import { createClient } from '@redis/client'
import { serve } from './serve.mjs'
import { insertTodo, newTodo } from './todos.mjs'

const client = await createClient({ url: process.env.VALKEY_URL }).connect()
const config = new IdempotencyConfig({ eventKeyJmesPath: 'idempotencyKey' })
config.registerLambdaContext({ getRemainingTimeInMillis: () => 2_000 })

const createTodo = makeIdempotent(({ title }) => insertTodo(newTodo(title)), {
  persistenceStore: new CachePersistenceLayer({ client }),
  config,
})

serve(
  ({ body }) => createTodo(body),
  ({ name }) => name === 'IdempotencyAlreadyInProgressError',
)
