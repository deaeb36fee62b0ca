// https://docs.restate.dev/services/invocation: Restate's server takes the request with its
// `idempotency-key`, calls this handler and stores its result. A step may be repeated after a crash, so
// its id comes from `ctx.rand`, which returns it again, and the primary key prevents a second row.
import * as restate from '@restatedev/restate-sdk'
import { insertTodo, newTodo } from './todos.mjs'

const todos = restate.service({
  name: 'todos',
  handlers: {
    create: async (ctx, { title }) => {
      const id = ctx.rand.uuidv4()
      return ctx.run('insert', () => insertTodo(newTodo(title, id)))
    },
  },
})

await restate.serve({ services: [todos], port: Number(process.env.PORT) })

process.once('disconnect', () => process.exit())
