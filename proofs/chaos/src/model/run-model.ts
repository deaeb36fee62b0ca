import { isSupported } from './apis.ts'
import { type Api, type Call, chosenIn, type KeyedCall, type Received } from './call.ts'
import { type CallOfOwner, callOf, earlierCall, newPast, type Past } from './call-of.ts'
import { compare, same } from './compare.ts'
import { clean, type Expected, expected, isOutsideWindow, type Model } from './model.ts'
import type { ModelWorld } from './model-world.ts'
import { rowsOf } from './rows-of.ts'
import type { Step, Target } from './step.ts'

type Rows = Awaited<ReturnType<ModelWorld['rows']>>
type Place = Omit<Target, 'owner'>

/**
 * Runs the steps on the real servers and in the model, and throws with the whole history at the first
 * difference. Resolves with the outcomes that occurred: `answered`, `replayed`, and codes of refusals.
 */
export async function runModel(world: ModelWorld, steps: readonly Step[]): Promise<string[]> {
  await world.reset()
  const past = newPast()
  try {
    for (const step of steps) await take(world, past, step)
    past.story.push('The rows of the database at the end:')
    same(sentBy(past, await world.rows()), past.models.map(rowsOf))
    return past.met
  } catch (error) {
    throw new Error([...past.story, String(error)].join('\n'), { cause: error })
  }
}

/** The rows, less the records of keys that the server minted for calls without one. */
function sentBy({ calls, keys }: Past, rows: Rows): Rows {
  const sent = new Set<unknown>([...keys, ...calls.map(({ call }) => call.key)])
  return rows.map(({ todos, records }) => ({
    todos,
    records: records.filter(({ key }) => sent.has(key)),
  }))
}

async function take(world: ModelWorld, past: Past, step: Step): Promise<void> {
  const { models, time } = past
  switch (step.do) {
    case 'pass':
      past.story.push(`${step.minutes} minutes pass.`)
      time.now += step.minutes
      return world.clock.setAhead(time.now * 60_000)
    case 'clean':
      past.story.push(`Server ${step.server} removes old keys.`)
      for (const model of models) clean(model, world.retentionHours[step.server])
      return world.clean(step.server)
    case 'restart':
      past.story.push(`Server ${step.server} is killed and comes back.`)
      return world.restart(step.server)
    case 'retry': {
      const again = earlierCall(past, step)
      if (again === undefined) return
      const twice = step.atBoth && agree(world, models[again.owner], again.call)
      return twice ? askBoth(world, past, step, again) : ask(world, past, step, again)
    }
    case 'create':
    case 'update':
    case 'delete':
    case 'restore':
    case 'get':
    case 'list':
    case 'outcomeOf':
    case 'cancel':
      return ask(world, past, step, { owner: step.owner, call: callOf(world.clock, past, step) })
  }
}

async function ask(world: ModelWorld, past: Past, place: Place, asked: Asking): Promise<void> {
  const { server } = place
  const { owner, call } = asked
  const api = apiFor(place.api, call)
  past.story.push(`owner ${owner}, ${api} at ${server}: ${JSON.stringify(call)}`)
  const received = await world.ask(server, owner)(api, call)
  past.story.push(
    `  ${received.status} ${received.text ?? ''}${received.replayed ? ' (replayed)' : ''}`,
  )
  const retentionHours = world.retentionHours[server]
  const context = { api, retentionHours, chosen: chosenIn(received) }
  const is = expected(past.models[owner], call, context)
  compare(call, api, received, is)
  past.met.push(nameOf(is))
  if (received.text?.includes('serverTime')) {
    const saidMs = Date.parse(chosenIn(received).serverTime)
    same(Math.abs(saidMs - world.clock.now()) < mostClockErrorMs, true)
  }
  if (api === 'rest' && 'input' in call && 'key' in call) {
    same(received.lifetime, `${retentionHours * 3_600}`)
  }
  remember(past, asked, received)
}

type Asking = { readonly owner: Target['owner']; readonly call: Call }

/** At the same time on both servers: one of them is the first. */
async function askBoth(
  world: ModelWorld,
  past: Past,
  place: Place,
  again: CallOfOwner,
): Promise<void> {
  const { owner, call } = again
  const api = apiFor(place.api, call)
  past.story.push(`owner ${owner}, ${api} at both: ${JSON.stringify(call)}`)
  const received = await Promise.all([
    world.ask(0, owner)(api, call),
    world.ask(1, owner)(api, call),
  ])
  past.story.push(...received.map(({ status, text }) => `  ${status} ${text ?? ''}`))
  const [one, other] = received
  for (const [at, response] of [one, other].toSorted(firstBeforeReplay).entries()) {
    const retentionHours = world.retentionHours[at === 0 ? 0 : 1]
    const asked = { api, retentionHours, chosen: chosenIn(response) }
    const is = expected(past.models[owner], call, asked)
    compare(call, api, response, is)
    past.met.push(nameOf(is))
  }
  remember(past, again, one)
}

/** The duration of a call on a busy machine. */
const mostClockErrorMs = 60_000

/** `answered`, `replayed`, or the code of the refusal. */
function nameOf({ kind, value, replayed }: Expected): string {
  if (replayed) return 'replayed'
  return kind === 'answer' ? 'answered' : Object(value).code
}

function firstBeforeReplay(one: Received, other: Received): number {
  return Number(one.replayed) - Number(other.replayed)
}

/** Servers with different retentions may decide differently about a key; then the first decides. */
function agree({ retentionHours: [one, other] }: ModelWorld, model: Model, call: KeyedCall) {
  const { key } = call
  if (key === undefined || model.records.has(key)) return true
  return isOutsideWindow(model, key, one) === isOutsideWindow(model, key, other)
}

function apiFor(api: Api, call: Call): Api {
  if (isSupported(api, call)) return api
  return api === 'trpc' ? 'rest' : 'trpc'
}

function remember(past: Past, { owner, call }: Asking, received: Received): void {
  if ('key' in call && call.key !== undefined && !past.keys.includes(call.key)) {
    past.keys.push(call.key)
  }
  if ('input' in call && 'key' in call) past.calls.push({ owner, call })
  if (call.operation === 'createTodo' && !received.refused) past.ids.add(chosenIn(received).id)
}
