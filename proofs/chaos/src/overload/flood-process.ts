import { once } from 'node:events'
import { type ClientConnection, clientConnection } from '../isolation/client-connection.ts'
import { floodRequests } from './flood-requests.ts'
import type { FloodPlan, Statuses } from './flooding-address.ts'

// Runs as a separate process, so that the flood does not take the time of the client beside it. The plan is
// an argument. Over the channel go: that every connection got an answer, the end, the statuses.
process.once('disconnect', () => process.exit())
const { url, kind, connections }: FloodPlan = JSON.parse(process.argv[2] ?? '')
const statuses: Statuses = {}
let isOver = false
void once(process, 'message').then(() => {
  isOver = true
})

const clients: ClientConnection[] = []
while (clients.length < connections) clients.push(await clientConnection(url))
const floods = clients.map((client) => {
  const { promise: answered, resolve } = Promise.withResolvers<void>()
  return { answered, done: insist(client, resolve) }
})
await Promise.all(floods.map(({ answered }) => answered))
process.send?.('flooding')
await Promise.all(floods.map(({ done }) => done))
process.send?.(statuses, () => process.disconnect())

/** Repeats the request as soon as it was answered, or refused. */
async function insist(client: ClientConnection, hasAnswer: () => void): Promise<void> {
  while (!isOver) {
    const { status } = await client.send(floodRequests[kind]())
    statuses[status] = (statuses[status] ?? 0) + 1
    hasAnswer()
  }
  client[Symbol.dispose]()
}
