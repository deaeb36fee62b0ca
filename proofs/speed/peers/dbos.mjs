// https://docs.dbos.dev/typescript/tutorials/transaction-tutorial: a workflow whose id is the key, with
// one transaction that commits the row and DBOS's checkpoint together. A data source works with the DBOS
// of its own version; of those in the registry this one, for Postgres.js, was the fastest, also compared
// with a newer DBOS and its data source for Prisma.
import { DBOS } from '@dbos-inc/dbos-sdk'
import { PostgresDataSource } from '@dbos-inc/postgres-datasource'
import { serve } from './serve.mjs'
import { newTodo } from './todos.mjs'

const url = new URL(process.env.DATABASE_URL)
const todos = new PostgresDataSource('todos', {
  host: url.searchParams.get('host') ?? url.hostname,
  port: Number(url.port || 5432),
  database: url.pathname.slice(1),
  username: decodeURIComponent(url.username),
  password: decodeURIComponent(url.password),
  max: 10,
})

const insert = todos.registerTransaction(
  async (title) => {
    const todo = newTodo(title)
    await todos.client`
      insert into todo (owner_id, id, title, created_at, updated_at)
      values ('local', ${todo.id}, ${todo.title}, ${todo.createdAt}, ${todo.createdAt})`
    return todo
  },
  { name: 'insert' },
)

const createTodo = DBOS.registerWorkflow((title) => insert(title), { name: 'createTodo' })

DBOS.setConfig({
  name: 'todos',
  systemDatabaseUrl: process.env.DATABASE_URL,
  applicationVersion: '1',
  logLevel: 'error',
})
await DBOS.launch()

serve(async ({ key, body }) => {
  const handle = await DBOS.startWorkflow(createTodo, { workflowID: key })(body.title)
  return handle.getResult()
})
