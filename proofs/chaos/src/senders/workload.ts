import { mintId } from '@idem/client/mint-id'
import { mintKey } from '@idem/client/mint-key'
import type { Random } from '@idem/test-support/random'
import type { CallResult } from './recording-client.ts'
import type { SenderCalls } from './sender-calls.ts'

export type Workload = {
  /** No other todo's begins with it. */
  readonly title: string
  readonly random: Random
  readonly calls: SenderCalls
}

/** A todo as its only sender knows it: nobody else ever touches it. */
type Known = { readonly id: string; readonly version: number }

/** What was sent under a key, and can be sent again. */
type Repeat = { readonly key: string; readonly again: () => Promise<CallResult> }

type Living = Workload & { readonly keyed: Repeat[] }

/** The life of one todo, with what can go wrong in it. */
export async function runWorkload(life: Workload): Promise<void> {
  const { random, calls } = life
  const living: Living = { ...life, keyed: [] }
  const todo = await born(living)
  if (todo === undefined) return
  await growOld(living, todo)
  // Long after: each is told what the first was told, and nothing comes back.
  for (const { again, key } of living.keyed) {
    if (random.percent(25)) await again()
    if (random.percent(5)) await calls.outcome(key)
  }
}

async function growOld(life: Living, first: Known): Promise<void> {
  const { title, random, calls } = life
  let todo = first
  for (let turn = 1; random.percent(30) && turn <= 3; turn += 1) {
    todo = await changed({ ...life, title: `${title} v${turn}` }, todo)
  }
  if (random.percent(70)) return
  if (random.percent(40)) {
    todo = await restored(life, await deleted(life, todo))
    if (random.percent(50)) todo = await changed({ ...life, title: `${title} again` }, todo)
  }
  if (random.percent(90)) await calls.remove({ id: todo.id, ...keyOf(life, 50) })
}

async function born(life: Living): Promise<Known | undefined> {
  const { title, random, calls } = life
  const key = mintKey()
  const draft = { idempotencyKey: key, title, ...(random.percent(50) ? { id: mintId() } : {}) }
  const create = () => calls.create(draft)
  if (random.percent(3)) await calls.cancel(key)
  const heard = await perhapsCancelled(life, { key, again: create })
  if (random.percent(20)) await create()
  if (random.percent(15)) await calls.create({ ...draft, title: `${title} otherwise` })
  if (heard.kind !== 'ok') return undefined
  const { id, version = 1 } = heard
  if (random.percent(5)) await calls.remove({ id, idempotencyKey: key })
  if (random.percent(10)) {
    // Under a fresh key, as after a key was forgotten: the id is taken, and says so however often.
    const taken = { idempotencyKey: mintKey(), id, title: `${title} taken` }
    await calls.create(taken)
    await calls.create(taken)
  }
  life.keyed.push({ key, again: create })
  return { id, version }
}

async function changed(life: Living, todo: Known): Promise<Known> {
  const { title, random, calls } = life
  const { idempotencyKey: key } = keyOf(life, 70)
  const input = { ...todo, title, completed: random.percent(50) }
  if (key === undefined) return after(await calls.update(input), todo)
  const update = () => calls.update({ ...input, idempotencyKey: key })
  const heard = await perhapsCancelled(life, { key, again: update })
  if (random.percent(10)) {
    await calls.update({ ...input, title: `${title} otherwise`, idempotencyKey: key })
  }
  life.keyed.push({ key, again: update })
  return after(heard, todo)
}

/** What follows is another change, so it names the version: without it, a late repetition would undo what followed. */
async function deleted(life: Living, todo: Known): Promise<Known> {
  const input = { ...todo, ...keyOf(life, 50) }
  const remove = () => life.calls.remove(input)
  const heard = await remove()
  if (input.idempotencyKey !== undefined)
    life.keyed.push({ key: input.idempotencyKey, again: remove })
  return heard.kind === 'ok' ? { ...todo, version: todo.version + 1 } : todo
}

async function restored(life: Living, todo: Known): Promise<Known> {
  const input = { ...todo, ...keyOf(life, 50) }
  const restore = () => life.calls.restore(input)
  const heard = await restore()
  if (input.idempotencyKey !== undefined)
    life.keyed.push({ key: input.idempotencyKey, again: restore })
  return after(heard, todo)
}

/** Now and then a person thinks better of it while it is on its way. */
async function perhapsCancelled(
  { random, calls }: Workload,
  { key, again }: Repeat,
): Promise<CallResult> {
  const sent = again()
  if (random.percent(8)) await calls.cancel(key)
  return sent
}

function keyOf({ random }: Workload, percent: number): { idempotencyKey?: Repeat['key'] } {
  return random.percent(percent) ? { idempotencyKey: mintKey() } : {}
}

/** Without a key, a conflict may be with the sender's own earlier attempt: the todo stands where it says. */
function after(heard: CallResult, todo: Known): Known {
  if (heard.kind === 'ok') return { ...todo, version: heard.version ?? todo.version }
  if (heard.kind === 'refused') return { ...todo, version: heard.standing ?? todo.version }
  return todo
}
