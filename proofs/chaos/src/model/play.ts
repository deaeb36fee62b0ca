import { type Call, chosenIn, type Face, type KeyedCall, type Told } from './call.ts'
import { callOf, earlierCall, newPast, type Past } from './call-of.ts'
import { compare, same } from './compare.ts'
import { canBeSaid } from './faces.ts'
import { clean, type Expected, expected, isOutsideWindow, type Model } from './model.ts'
import type { ModelWorld } from './model-world.ts'
import { rowsOf } from './rows-of.ts'
import type { Spoken, Step } from './step.ts'

/**
 * Takes the steps in the real world and in the model, and throws, with the whole
 * story, where they part. Resolves with what was met: `answered`, `replayed`,
 * and the codes of refusals.
 */
export async function play(world: ModelWorld, steps: readonly Step[]): Promise<string[]> {
  await world.reset()
  const past = newPast()
  try {
    for (const step of steps) await take(world, past, step)
    past.story.push('In the end, what the database holds:')
    same(await world.rows(), rowsOf(past.model))
    return past.met
  } catch (error) {
    throw new Error([...past.story, String(error)].join('\n'), { cause: error })
  }
}

async function take(world: ModelWorld, past: Past, step: Step): Promise<void> {
  const { model } = past
  switch (step.do) {
    case 'pass':
      past.story.push(`${step.minutes} minutes pass.`)
      model.now += step.minutes
      return world.clock.setAhead(model.now * 60_000)
    case 'clean':
      past.story.push(`Server ${step.server} forgets what is old.`)
      clean(model, world.retentionHours[step.server])
      return world.clean(step.server)
    case 'restart':
      past.story.push(`Server ${step.server} is killed and comes back.`)
      return world.restart(step.server)
    case 'retry': {
      const call = earlierCall(past, step)
      if (call === undefined) return
      const twice = step.atBoth && agree(world, model, call)
      return twice ? askBoth(world, past, step, call) : ask(world, past, step, call)
    }
    case 'create':
    case 'update':
    case 'delete':
    case 'restore':
    case 'get':
    case 'list':
    case 'outcomeOf':
    case 'cancel':
      return ask(world, past, step, callOf(world.clock, past, step))
  }
}

async function ask(world: ModelWorld, past: Past, spoken: Spoken, call: Call): Promise<void> {
  const { server } = spoken
  const face = faceFor(spoken.face, call)
  past.story.push(`${face} at ${server}: ${JSON.stringify(call)}`)
  const told = await world.ask(server)(face, call)
  past.story.push(`  ${told.status} ${told.text ?? ''}${told.replayed ? ' (replayed)' : ''}`)
  const retentionHours = world.retentionHours[server]
  const is = expected(past.model, call, { face, retentionHours, chosen: chosenIn(told) })
  compare(call, face, told, is)
  past.met.push(nameOf(is))
  if (told.text?.includes('serverTime')) {
    const saidMs = Date.parse(chosenIn(told).serverTime)
    same(Math.abs(saidMs - world.clock.now()) < mostClockErrorMs, true)
  }
  if (face === 'rest' && 'input' in call && 'key' in call) {
    same(told.lifetime, `${retentionHours * 3_600}`)
  }
  remember(past, call, told)
}

/** At the same moment at both servers: one of them is the first. */
async function askBoth(
  world: ModelWorld,
  past: Past,
  spoken: Spoken,
  call: KeyedCall,
): Promise<void> {
  const face = faceFor(spoken.face, call)
  past.story.push(`${face} at both: ${JSON.stringify(call)}`)
  const told = await Promise.all([world.ask(0)(face, call), world.ask(1)(face, call)])
  past.story.push(...told.map(({ status, text }) => `  ${status} ${text ?? ''}`))
  const [one, other] = told
  for (const [at, heard] of [one, other].toSorted(firstBeforeReplay).entries()) {
    const retentionHours = world.retentionHours[at === 0 ? 0 : 1]
    const asked = { face, retentionHours, chosen: chosenIn(heard) }
    const is = expected(past.model, call, asked)
    compare(call, face, heard, is)
    past.met.push(nameOf(is))
  }
  remember(past, call, one)
}

/** The moments that a call takes, on a busy machine. */
const mostClockErrorMs = 60_000

/** `answered`, `replayed`, or the code of the refusal. */
function nameOf({ kind, value, replayed }: Expected): string {
  if (replayed) return 'replayed'
  return kind === 'answer' ? 'answered' : Object(value).code
}

function firstBeforeReplay(one: Told, other: Told): number {
  return Number(one.replayed) - Number(other.replayed)
}

/** While a setting is being raised the servers may judge a key differently; then who is first decides. */
function agree({ retentionHours: [one, other] }: ModelWorld, model: Model, call: KeyedCall) {
  const { key } = call
  if (key === undefined || model.records.has(key)) return true
  return isOutsideWindow(model, key, one) === isOutsideWindow(model, key, other)
}

function faceFor(face: Face, call: Call): Face {
  if (canBeSaid(face, call)) return face
  return face === 'trpc' ? 'rest' : 'trpc'
}

function remember(past: Past, call: Call, told: Told): void {
  if ('key' in call && call.key !== undefined && !past.keys.includes(call.key)) {
    past.keys.push(call.key)
  }
  if ('input' in call && 'key' in call) past.calls.push(call)
  if (call.operation === 'createTodo' && !told.refused) past.ids.add(chosenIn(told).id)
}
