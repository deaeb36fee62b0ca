import type { Api, Call, Chosen, KeyedCall } from './call.ts'
import { answered, effect, get, list, type Outcome, type Row, refused } from './effects.ts'
import { refusal } from './refusals.ts'

/** The state of an owner after a number of calls, from which each answer follows. */
export type Model = {
  readonly time: ModelTime
  readonly todos: Map<string, Row>
  readonly records: Map<string, KeyRecord>
}

/** The only state that owners share. Times are in minutes. */
export type ModelTime = {
  now: number
  /** The time of the youngest record that cleaning has removed. */
  forgottenBefore: number
  /** The minting times of the time-ordered keys. */
  readonly minted: Map<string, number>
}

type KeyRecord = {
  readonly madeAt: number
  readonly operation: string
  readonly input: string
  readonly outcome: Outcome | 'cancelled'
  /** Learnt at the first query; of a key that is ahead it is the time of each query. */
  answeredAt?: string
}

type OutsideWindow = 'key_from_future' | 'key_expired' | 'in_flight'

export type Expected = Outcome & { readonly replayed: boolean }

export type Asked = {
  readonly api: Api
  /** The retention of the server. */
  readonly retentionHours: number
  readonly chosen: Chosen
}

const marginMinutes = 60
const futureMinutes = 5
/** In the first minute after its window, an attempt that claimed the key in time may be at its commit. */
const settlingMinutes = 1
/** How far ahead a key is refused for ever, or cancelled. */
const decidedMinutes = 24 * 60
const fromFuture = refused(refusal('key_from_future'))

export function emptyModel(time: ModelTime): Model {
  return { time, todos: new Map(), records: new Map() }
}

export function startOfTime(): ModelTime {
  return { now: 0, forgottenBefore: Number.NEGATIVE_INFINITY, minted: new Map() }
}

/** The expected answer and the next state. */
export function expected(model: Model, call: Call, asked: Asked): Expected {
  switch (call.operation) {
    case 'getTodo':
      return { ...get(model.todos, call.input.id), replayed: false }
    case 'listTodos':
      return { kind: 'answer', value: list(model.todos, call.input), replayed: false }
    case 'outcomeOf':
      return { ...outcomeOf(model, call.key, asked), replayed: false }
    case 'cancel':
      return { ...cancel(model, call.key, asked), replayed: false }
    case 'createTodo':
    case 'deleteTodo':
    case 'restoreTodo':
    case 'updateTodo':
      return once(model, call, asked)
  }
}

/** One key, one effect: the first attempt claims it, and all attempts get its answer. */
function once(model: Model, call: KeyedCall, asked: Asked): Expected {
  const { operation, key } = call
  if (operation === 'updateTodo' && call.input.version === undefined) {
    const found = get(model.todos, call.input.id)
    const missing = found.kind === 'refusal' ? found : refused(refusal('version_missing'))
    return { ...missing, replayed: false }
  }
  if (key === undefined && operation === 'createTodo' && asked.api === 'trpc') {
    return { ...refused(refusal('key_missing')), replayed: false }
  }
  if (key === undefined) return { ...effect(model.todos, call, asked.chosen), replayed: false }
  const input = canonical(call.input)
  const record = model.records.get(key)
  if (record !== undefined) return replay(record, { operation, input, asked })
  const outside = isOutsideWindow(model, key, asked.retentionHours)
  const madeAt = timeAhead(model, key)
  if (madeAt !== undefined) {
    model.records.set(key, { madeAt, operation, input, outcome: fromFuture })
  }
  if (outside !== undefined) return { ...refusedByClock(outside, asked), replayed: false }
  const outcome = effect(model.todos, call, asked.chosen)
  model.records.set(key, { madeAt: model.time.now, operation, input, outcome })
  return { ...outcome, replayed: false }
}

function replay(
  record: KeyRecord,
  again: { operation: string; input: string; asked: Asked },
): Expected {
  if (record.outcome === 'cancelled') return { ...refused(refusal('cancelled')), replayed: false }
  if (record.operation !== again.operation || record.input !== again.input) {
    return { ...refused(refusal('key_reused')), replayed: false }
  }
  const { outcome } = record
  const isFromFuture = outcome === fromFuture
  const answer = isFromFuture ? refusedByClock('key_from_future', again.asked) : outcome
  return { ...answer, replayed: true }
}

/** The minting time of a key that cannot be claimed yet, but within a day. */
function timeAhead({ time: { now, minted } }: Model, key: string): number | undefined {
  const at = minted.get(key) ?? now
  return at > now + futureMinutes && at <= now + decidedMinutes ? at : undefined
}

/** A time-ordered key without a record can be claimed only in its window, an opaque one always. */
export function isOutsideWindow(
  { time: { now, forgottenBefore, minted } }: Model,
  key: string,
  retentionHours: number,
): OutsideWindow | undefined {
  const at = minted.get(key)
  if (at === undefined) return undefined
  if (at > now + futureMinutes) return 'key_from_future'
  if (at <= forgottenBefore + futureMinutes) return 'key_expired'
  // The clock of the database runs between steps, so a key as old as the window is outside.
  const pastEnd = now - at - (retentionHours * 60 - marginMinutes)
  if (pastEnd < 0) return undefined
  return pastEnd < settlingMinutes ? 'in_flight' : 'key_expired'
}

function outcomeOf(model: Model, key: string, asked: Asked): Outcome {
  const record = model.records.get(key)
  if (record !== undefined) return answered(storedOf(record, asked.chosen))
  const outside = isOutsideWindow(model, key, asked.retentionHours)
  return answered({ state: outside === 'key_expired' ? 'forgotten' : 'unused' })
}

/** Afterwards the key has an answer or can never have an effect. */
function cancel(model: Model, key: string, asked: Asked): Outcome {
  if (model.records.has(key)) return outcomeOf(model, key, asked)
  const outside = isOutsideWindow(model, key, asked.retentionHours)
  const madeAt = timeAhead(model, key) ?? model.time.now
  if (outside === 'key_expired') return answered({ state: 'forgotten' })
  if (outside !== undefined && madeAt === model.time.now) return refusedByClock(outside, asked)
  const cancelled = { operation: '', input: '', outcome: 'cancelled' } as const
  model.records.set(key, { madeAt, ...cancelled })
  return answered({ state: 'cancelled' })
}

/** Removes the records past their retention. */
export function clean({ time, records }: Model, retentionHours: number): void {
  for (const [key, { madeAt }] of records) {
    if (madeAt > time.now - retentionHours * 60) continue
    records.delete(key)
    time.forgottenBefore = Math.max(time.forgottenBefore, madeAt)
  }
}

function storedOf(record: KeyRecord, chosen: Chosen) {
  if (record.outcome === 'cancelled') return { state: 'cancelled' }
  if (record.outcome === fromFuture) record.answeredAt = chosen.answeredAt
  record.answeredAt ??= chosen.answeredAt
  const { operation, answeredAt, outcome } = record
  return { state: 'answered', operation, answeredAt, [outcome.kind]: outcome.value }
}

/** Only the database knows the time; it is compared elsewhere. */
function refusedByClock(code: OutsideWindow, { chosen }: Asked): Outcome {
  if (code === 'in_flight') return refused(refusal(code, { retryAfterMs: 1_000 }))
  return refused(refusal(code, { serverTime: chosen.serverTime }))
}

/** Independent of the order of members. */
function canonical(input: object): string {
  return JSON.stringify(Object.entries(input).sort(([one], [other]) => (one < other ? -1 : 1)))
}
