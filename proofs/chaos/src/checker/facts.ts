import { type HistoryEvent, isFinal, isKey } from '../senders/history.ts'
import type { Effect, IdleSession, KeyRecord } from './effect-log.ts'

/** The evidence of a run: the history of the senders and the effects in the database. */
export type Evidence = {
  readonly events: readonly HistoryEvent[]
  readonly effects: readonly Effect[]
  readonly records: readonly KeyRecord[]
  /** When the last fault ended, in milliseconds since the start of the run. */
  readonly healedAt?: number | undefined
  /** Samples of the database's sessions during the run. */
  readonly samples?: readonly SessionSample[] | undefined
}

export type SessionSample = {
  readonly at: number
  /** Whether no request was in progress and no fault was active. */
  readonly quiet: boolean
  readonly idle: readonly IdleSession[]
}

/** Each broken key or name, with the reason. */
export type Broken = [key: string, reason: string][]

/** An intent of a sender with all its responses. */
export type Intent = Pick<HistoryEvent, 'key' | 'operation' | 'input'> & {
  readonly events: readonly HistoryEvent[]
  readonly isKeyed: boolean
}

export type Facts = ReturnType<typeof gather>

export function gather({ events, effects, records, healedAt, samples = [] }: Evidence) {
  const made = effects.filter(({ kind }) => kind === 'made')
  const intents = intentsOf(events)
  return {
    events,
    effects,
    records,
    healedAt,
    samples,
    made,
    intents,
    changing: intents.filter(({ operation }) => operation in kindOf),
    intentsByKey: Map.groupBy(intents, ({ key }) => key),
    intentsByTarget: Map.groupBy(intents, (intent) => `${intent.operation} ${intent.input}`),
    recordByKey: new Map(records.map((record) => [record.key, record])),
    madeByKey: Map.groupBy(made, ({ key }) => key),
    madeById: Map.groupBy(made, ({ id }) => id),
    effectsByKey: Map.groupBy(effects, ({ by, kind, key }) => (kind === 'made' ? key : by)),
    effectsById: Map.groupBy(effects, ({ id }) => id),
    effectsByTarget: Map.groupBy(effects, targetOf),
  }
}

/** The kind of each effect, and its operation. */
const kindOf: Partial<Record<string, Effect['kind']>> = {
  createTodo: 'made',
  updateTodo: 'changed',
  deleteTodo: 'deleted',
  restoreTodo: 'restored',
}

const operationOf = {
  made: 'createTodo',
  changed: 'updateTodo',
  deleted: 'deleteTodo',
  restored: 'restoreTodo',
  removed: 'nobody',
} as const satisfies Record<Effect['kind'], string>

/** Senders give every todo and every change a unique title. */
function targetOf({ kind, title, id }: Effect): string {
  const isTitled = kind === 'made' || kind === 'changed'
  return `${operationOf[kind]} ${isTitled ? title : id}`
}

function intentsOf(events: readonly HistoryEvent[]): Intent[] {
  const groups = Map.groupBy(events, ({ key, operation, input }) => `${operation} ${key} ${input}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { key, operation, input } = first
    return { key, operation, input, events: group, isKeyed: isKey(key) }
  })
}

/** The successful answers. */
export function acknowledgements({ events }: Intent) {
  return events.flatMap(({ happened }) => (happened.kind === 'ok' ? happened : []))
}

/** The final refusals. */
export function refusals({ events }: Intent) {
  return events.flatMap((event) =>
    event.happened.kind === 'refused' && isFinal(event) ? event.happened : [],
  )
}

/** The effects of an intent with a key. */
export function effectsOf({ key, operation, input }: Intent, facts: Facts): Effect[] {
  const ofKey = facts.effectsByKey.get(key) ?? []
  return ofKey.filter(
    (effect) => effect.kind === kindOf[operation] && [effect.title, effect.id].includes(input),
  )
}
