// Runs in the folder of the app, with the app's own packages: what the page does, without a page.
// Arguments: the URL of the app, and posts as JSON, each with a name and how often it is clicked.
import { idempotencyLink } from '@idem/outbox/trpc'
import { createTRPCClient, httpBatchStreamLink } from '@trpc/client'
import superjson from 'superjson'

const [url, posts] = process.argv.slice(2)

const client = createTRPCClient({
  links: [
    idempotencyLink({ attemptTimeoutMs: 10_000 }),
    httpBatchStreamLink({
      url: `${url}/api/trpc`,
      transformer: superjson,
      // One request for each call, so that each has its own answer to lose.
      maxItems: 1,
      headers: { cookie: 'authjs.session-token=session-of-ann' },
    }),
  ],
})

const answers = await Promise.all(JSON.parse(posts).map(post))
process.stdout.write(JSON.stringify(answers))

function post({ name, clicks }) {
  // The key that a form keeps until it is answered; without one the link mints a key for each call.
  const context = clicks > 1 ? { idempotencyKey: crypto.randomUUID() } : {}
  const click = () => client.post.create.mutate({ name }, { context })
  return Promise.all(Array.from({ length: clicks }, click))
}
