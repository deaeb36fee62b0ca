import { seeded } from '@idem/test-support/random'
import { clientConnection } from './client-connection.ts'
import { holdKeys } from './held-keys.ts'
import type { LoadPlan, LoadReport } from './load-plan.ts'
import { type PoisonContext, poisons } from './poison.ts'
import { type Round, runRound } from './run-round.ts'
import { uuidAt } from './uuid-at.ts'

// Runs as a separate process, so that the clients do not share the time of the test. The plan is an
// argument, the report goes over the channel.
process.once('disconnect', () => process.exit())
const plan: LoadPlan = JSON.parse(process.argv[2] ?? '')
process.send?.(await run(plan), () => process.disconnect())

async function run({
  url,
  seconds,
  pairs,
  poison,
  databaseUrl,
  seed,
}: LoadPlan): Promise<LoadReport> {
  const random = seeded(seed)
  const existing = await makeTodo(url, uuidAt(random, Date.now()), uuidAt(random, Date.now()))
  await using held = await holdKeys(databaseUrl, random.fork(1))
  const context: PoisonContext = { random: random.fork(2), existing, heldKeys: held.now }
  const request = (client: number) => poisons[poison](context, client)
  const warmUp = await runRound(url, seconds.warmUp)
  const quiet: Round[] = []
  const poisoned: Round[] = []
  const aloneRound = async () => quiet.push(await runRound(url, seconds.round))
  const besidePoison = async () => poisoned.push(await runRound(url, seconds.round, request))
  for (let pair = 0; pair < pairs; pair += 1) {
    // Every second pair in the opposite order, so that neither is always first.
    for (const round of pair % 2 === 0 ? [aloneRound, besidePoison] : [besidePoison, aloneRound]) {
      await round()
    }
  }
  return { warmUp, quiet, poisoned }
}

async function makeTodo(url: string, key: string, id: string): Promise<PoisonContext['existing']> {
  using client = await clientConnection(url)
  const title = 'Exists already'
  const body = JSON.stringify({ idempotencyKey: key, id, title })
  const { status, body: answer } = await client.send({ method: 'POST', path: 'createTodo', body })
  if (status !== 200) throw new Error(`The todo to begin with was not made: ${status} ${answer}`)
  return { id, key, title }
}
