import type { Random } from '@idem/test-support/random'
import type { CallResult } from './recording-client.ts'
import type { SenderCalls } from './sender-calls.ts'

export type Workload = {
  /** Unique: no other title starts with it. */
  readonly title: string
  readonly random: Random
  readonly calls: SenderCalls
  readonly mint: Mint
}

/** Where keys and ids come from. */
export type Mint = { readonly key: () => string; readonly id: () => string }

/** A todo as its only sender knows it; no other sender uses it. */
type Known = { readonly id: string; readonly version: number }

/** A keyed call that can be repeated. */
type Repeat = { readonly key: string; readonly again: () => Promise<CallResult> }

type RunningWorkload = Workload & { readonly keyed: Repeat[] }

/** Runs the operations on one todo, with duplicates, cancellations and late retries. */
export async function runWorkload(workload: Workload): Promise<void> {
  const { random, calls } = workload
  const running: RunningWorkload = { ...workload, keyed: [] }
  const todo = await created(running)
  if (todo === undefined) return
  await changeAndDelete(running, todo)
  // Late retries: each gets the first answer, and nothing is restored.
  for (const { again, key } of running.keyed) {
    if (random.percent(25)) await again()
    if (random.percent(5)) await calls.outcome(key)
  }
}

async function changeAndDelete(workload: RunningWorkload, first: Known): Promise<void> {
  const { title, random, calls } = workload
  let todo = first
  for (let turn = 1; random.percent(30) && turn <= 3; turn += 1) {
    todo = await changed({ ...workload, title: `${title} v${turn}` }, todo)
  }
  if (random.percent(70)) return
  if (random.percent(40)) {
    todo = await restored(workload, await deleted(workload, todo))
    if (random.percent(50)) todo = await changed({ ...workload, title: `${title} again` }, todo)
  }
  if (random.percent(90)) await calls.remove({ id: todo.id, ...keyOf(workload, 50) })
}

async function created(workload: RunningWorkload): Promise<Known | undefined> {
  const { title, random, calls, mint } = workload
  const key = mint.key()
  const draft = { idempotencyKey: key, title, ...(random.percent(50) ? { id: mint.id() } : {}) }
  const create = () => calls.create(draft)
  if (random.percent(3)) await calls.cancel(key)
  const result = await perhapsCancelled(workload, { key, again: create })
  if (random.percent(20)) await create()
  if (random.percent(15)) await calls.create({ ...draft, title: `${title} otherwise` })
  if (result.kind !== 'ok') return undefined
  const { id, version = 1 } = result
  if (random.percent(5)) await calls.remove({ id, idempotencyKey: key })
  if (random.percent(10)) {
    // With a new key, as after a key was forgotten: the id is taken, for every retry.
    const taken = { idempotencyKey: mint.key(), id, title: `${title} taken` }
    await calls.create(taken)
    await calls.create(taken)
  }
  workload.keyed.push({ key, again: create })
  return { id, version }
}

async function changed(workload: RunningWorkload, todo: Known): Promise<Known> {
  const { title, random, calls } = workload
  const { idempotencyKey: key } = keyOf(workload, 70)
  const input = { ...todo, title, completed: random.percent(50) }
  if (key === undefined) return after(await calls.update(input), todo)
  const update = () => calls.update({ ...input, idempotencyKey: key })
  const result = await perhapsCancelled(workload, { key, again: update })
  if (random.percent(10)) {
    await calls.update({ ...input, title: `${title} otherwise`, idempotencyKey: key })
  }
  workload.keyed.push({ key, again: update })
  return after(result, todo)
}

/** With its version, because another change follows: without it, a late retry would undo that one. */
async function deleted(workload: RunningWorkload, todo: Known): Promise<Known> {
  const input = { ...todo, ...keyOf(workload, 50) }
  const remove = () => workload.calls.remove(input)
  const result = await remove()
  if (input.idempotencyKey !== undefined)
    workload.keyed.push({ key: input.idempotencyKey, again: remove })
  return result.kind === 'ok' ? { ...todo, version: todo.version + 1 } : todo
}

async function restored(workload: RunningWorkload, todo: Known): Promise<Known> {
  const input = { ...todo, ...keyOf(workload, 50) }
  const restore = () => workload.calls.restore(input)
  const result = await restore()
  if (input.idempotencyKey !== undefined)
    workload.keyed.push({ key: input.idempotencyKey, again: restore })
  return after(result, todo)
}

/** Sometimes cancels the call while it is in progress. */
async function perhapsCancelled(
  { random, calls }: Workload,
  { key, again }: Repeat,
): Promise<CallResult> {
  const sent = again()
  if (random.percent(8)) await calls.cancel(key)
  return sent
}

function keyOf({ random, mint }: Workload, percent: number): { idempotencyKey?: Repeat['key'] } {
  return random.percent(percent) ? { idempotencyKey: mint.key() } : {}
}

/** Without a key, a conflict may come from the sender's own earlier attempt: the refusal contains the current version. */
function after(result: CallResult, todo: Known): Known {
  if (result.kind === 'ok') return { ...todo, version: result.version ?? todo.version }
  if (result.kind === 'refused') return { ...todo, version: result.currentVersion ?? todo.version }
  return todo
}
