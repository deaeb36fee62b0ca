import type { Api, Call, Chosen, KeyedCall } from './call.ts'
import { answered, effect, get, list, type Outcome, type Row, refused } from './effects.ts'
import { refusal } from './refusals.ts'

/** All that is known after a number of calls, and what each answer follows from. Times are in minutes. */
export type Model = {
  now: number
  /** The youngest record that cleaning has removed was made at this time. */
  forgottenBefore: number
  readonly todos: Map<string, Row>
  readonly records: Map<string, KeyRecord>
  /** When the timed keys say they were minted. */
  readonly minted: Map<string, number>
}

type KeyRecord = {
  readonly madeAt: number
  readonly operation: string
  readonly input: string
  readonly outcome: Outcome | 'cancelled'
  /** Learnt when it is first asked for. */
  answeredAt?: string
}

export type Expected = Outcome & { readonly replayed: boolean }

export type Asked = {
  readonly api: Api
  /** As the server that is asked was received. */
  readonly retentionHours: number
  readonly chosen: Chosen
}

const marginMinutes = 60
const futureMinutes = 5

export function emptyModel(): Model {
  const forgottenBefore = Number.NEGATIVE_INFINITY
  return { now: 0, forgottenBefore, todos: new Map(), records: new Map(), minted: new Map() }
}

/** What has to be answered, and what is so from then on. */
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

/** One key, one effect: the first attempt claims it, and what that one was received is received to all. */
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
  if (record !== undefined) return replay(record, { operation, input })
  const outside = isOutsideWindow(model, key, asked.retentionHours)
  if (outside !== undefined) return { ...refusedByClock(outside, asked), replayed: false }
  const outcome = effect(model.todos, call, asked.chosen)
  model.records.set(key, { madeAt: model.now, operation, input, outcome })
  return { ...outcome, replayed: false }
}

function replay(record: KeyRecord, again: { operation: string; input: string }): Expected {
  if (record.outcome === 'cancelled') return { ...refused(refusal('cancelled')), replayed: false }
  if (record.operation !== again.operation || record.input !== again.input) {
    return { ...refused(refusal('key_reused')), replayed: false }
  }
  return { ...record.outcome, replayed: true }
}

/** A timed key without a record may be claimed in a window only; an opaque one always. */
export function isOutsideWindow(
  { now, forgottenBefore, minted }: Model,
  key: string,
  retentionHours: number,
): 'key_from_future' | 'key_expired' | undefined {
  const at = minted.get(key)
  if (at === undefined) return undefined
  if (at > now + futureMinutes) return 'key_from_future'
  const isYoung = at > now - (retentionHours * 60 - marginMinutes)
  return isYoung && at > forgottenBefore + futureMinutes ? undefined : 'key_expired'
}

function outcomeOf(model: Model, key: string, asked: Asked): Outcome {
  const record = model.records.get(key)
  if (record !== undefined) return answered(storedOf(record, asked.chosen))
  const outside = isOutsideWindow(model, key, asked.retentionHours)
  return answered({ state: outside === 'key_expired' ? 'forgotten' : 'unused' })
}

/** After it the key has an answer, or can never have an effect. */
function cancel(model: Model, key: string, asked: Asked): Outcome {
  if (model.records.has(key)) return outcomeOf(model, key, asked)
  const outside = isOutsideWindow(model, key, asked.retentionHours)
  if (outside === 'key_from_future') return refusedByClock(outside, asked)
  if (outside === 'key_expired') return answered({ state: 'forgotten' })
  const cancelled = { operation: '', input: '', outcome: 'cancelled' } as const
  model.records.set(key, { madeAt: model.now, ...cancelled })
  return answered({ state: 'cancelled' })
}

/** Forgets the records that were kept long enough. */
export function clean(model: Model, retentionHours: number): void {
  for (const [key, { madeAt }] of model.records) {
    if (madeAt > model.now - retentionHours * 60) continue
    model.records.delete(key)
    model.forgottenBefore = Math.max(model.forgottenBefore, madeAt)
  }
}

function storedOf(record: KeyRecord, chosen: Chosen) {
  if (record.outcome === 'cancelled') return { state: 'cancelled' }
  record.answeredAt ??= chosen.answeredAt
  const { operation, answeredAt, outcome } = record
  return { state: 'answered', operation, answeredAt, [outcome.kind]: outcome.value }
}

/** What time it is only the database can say; it is compared elsewhere. */
function refusedByClock(code: 'key_from_future' | 'key_expired', { chosen }: Asked): Outcome {
  return refused(refusal(code, { serverTime: chosen.serverTime }))
}

/** The same whatever the order of its members. */
function canonical(input: object): string {
  return JSON.stringify(Object.entries(input).sort(([one], [other]) => (one < other ? -1 : 1)))
}
