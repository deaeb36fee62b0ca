import type { Effect, KeyRecord } from './effect-log.ts'
import { type HistoryEvent, isFinal } from './history.ts'

/** All that is left of a run: what the senders heard, and what the database did. */
export type Evidence = {
  readonly events: readonly HistoryEvent[]
  readonly effects: readonly Effect[]
  readonly records: readonly KeyRecord[]
}

export type Violation = { readonly invariant: string; readonly key: string; readonly what: string }

/** Compares what was told with what was done, after the run and by itself. */
export function check(evidence: Evidence): Violation[] {
  const facts = gather(evidence)
  return invariants.flatMap(([invariant, broken]) =>
    broken(facts).map(([key, what]) => ({ invariant, key, what })),
  )
}

type Broken = [key: string, what: string][]

const invariants: readonly (readonly [string, (facts: Facts) => Broken])[] = [
  ['I1', acknowledgedCreatesMadeOneRow],
  ['I2', noKeyHadTwoEffects],
  ['I3', answersOfAKeyAreEqual],
  ['I4', acknowledgedDeletesAreFinal],
  ['I5', noOtherInputUnderAKey],
  ['I6', definiteRefusalsHadNoEffect],
  ['I7', everyUnknownWasSettled],
  ['I9', noFailureForAnEffectThatExists],
  ['I10', keysAndEffectsAgree],
]

type Facts = ReturnType<typeof gather>

function gather({ events, effects, records }: Evidence) {
  const made = effects.filter(({ kind }) => kind === 'made')
  return {
    events,
    records,
    byKey: Map.groupBy(events, ({ key }) => key),
    byIntent: Map.groupBy(events, ({ key, operation, input }) => `${operation} ${key} ${input}`),
    made,
    madeByKey: Map.groupBy(made, ({ key }) => key),
    madeById: Map.groupBy(made, ({ id }) => id),
    effectsById: Map.groupBy(effects, ({ id }) => id),
  }
}

/** Also counts rows that were made and deleted again. */
function acknowledgedCreatesMadeOneRow({ events, madeById }: Facts): Broken {
  return events.flatMap(({ key, operation, happened }): Broken => {
    if (operation !== 'createTodo' || happened.kind !== 'ok') return []
    const rows = madeById.get(happened.id)?.length ?? 0
    return rows === 1 ? [] : [[key, `todo ${happened.id} was acknowledged and made ${rows} times`]]
  })
}

function noKeyHadTwoEffects({ madeByKey, effectsById }: Facts): Broken {
  const twiceMade = [...madeByKey].flatMap(
    ([key, rows]): Broken =>
      key === null || rows.length === 1 ? [] : [[key, `made ${rows.length} rows`]],
  )
  const twiceDeleted = [...effectsById.values()].flatMap((effects): Broken => {
    const deletes = effects.filter(({ kind }) => kind === 'deleted').length
    return deletes < 2 ? [] : [[nameOf(effects), `its todo was deleted ${deletes} times`]]
  })
  return [...twiceMade, ...twiceDeleted]
}

/** Refusals that are stored with their key are answers as well. */
const stored = new Set(['not_found', 'version_conflict', 'id_taken'])

function answersOfAKeyAreEqual({ byIntent }: Facts): Broken {
  return [...byIntent.values()].flatMap((events): Broken => {
    const bodies = events.flatMap(({ happened }) =>
      happened.kind === 'ok' || (happened.kind === 'refused' && stored.has(happened.code))
        ? happened.body
        : [],
    )
    const different = new Set(bodies).size
    return different < 2 ? [] : [[keyOf(events), `${different} different answers`]]
  })
}

/** A delete of a todo that was acknowledged before; a late retry of its create may have come after. */
function acknowledgedDeletesAreFinal({ events, effectsById }: Facts): Broken {
  return events.flatMap(({ key, operation, happened }): Broken => {
    if (operation !== 'deleteTodo' || happened.kind !== 'ok') return []
    const last = effectsById.get(happened.id)?.at(-1)
    if (last === undefined || last.kind === 'deleted') return []
    return [[key, `todo ${happened.id} was deleted, and then it was ${last.kind}`]]
  })
}

function noOtherInputUnderAKey({ byKey, madeByKey }: Facts): Broken {
  return [...byKey].flatMap(([key, events]): Broken => {
    const answered = new Set(
      events.flatMap(({ happened, input }) => (happened.kind === 'ok' ? input : [])),
    )
    if (answered.size > 1) return [[key, `${answered.size} different inputs were answered`]]
    return events.flatMap(({ happened, input }): Broken => {
      const reused = happened.kind === 'refused' && happened.code === 'key_reused'
      const done = madeByKey.get(key)?.some(({ title }) => title === input)
      return reused && done ? [[key, `"${input}" was refused as another input, and was made`]] : []
    })
  })
}

function definiteRefusalsHadNoEffect({ events, madeByKey }: Facts): Broken {
  return events.flatMap((event): Broken => {
    const { key, input, happened } = event
    if (happened.kind !== 'refused' || happened.code === 'key_reused' || !isFinal(event)) return []
    const done = madeByKey.get(key)?.some(({ title }) => title === input)
    return done ? [[key, `"${input}" was refused (${happened.code}), and was made`]] : []
  })
}

function everyUnknownWasSettled({ byIntent }: Facts): Broken {
  return [...byIntent.values()].flatMap((events): Broken => {
    if (events.some(isFinal)) return []
    const last = events.at(-1)?.happened.kind
    return [[keyOf(events), `was given up: the last that is known of it is "${last}"`]]
  })
}

function noFailureForAnEffectThatExists({ events, byIntent, madeByKey }: Facts): Broken {
  const failed = events.flatMap(({ key, input, happened }): Broken => {
    if (happened.kind !== 'refused' || happened.code !== 'unexpected') return []
    const done = madeByKey.get(key)?.some(({ title }) => title === input)
    return done ? [[key, `"${input}" was called a failure, and was made`]] : []
  })
  const takenBack = [...byIntent.values()].flatMap((intent): Broken => {
    const finals = intent.filter(isFinal).map(({ happened }) => happened.kind)
    return new Set(finals).size > 1 ? [[keyOf(intent), 'was both acknowledged and refused']] : []
  })
  return [...failed, ...takenBack]
}

function keysAndEffectsAgree({ records, made, madeById, madeByKey }: Facts): Broken {
  const byKey = new Map(records.map((record) => [record.key, record]))
  const withoutKey = made.flatMap(({ key, id }): Broken => {
    const answer = byKey.get(key ?? '')?.answer
    const names = answer != null && JSON.parse(answer).id === id
    return key === null || names ? [] : [[key, `todo ${id} is there, but no answer names it`]]
  })
  const withoutEffect = records.flatMap(({ key, operation, answer, refusal }): Broken => {
    if (operation !== 'createTodo') return []
    if (answer === null) return madeByKey.has(key) ? [[key, `has an effect and ${refusal}`]] : []
    return madeById.has(JSON.parse(answer).id)
      ? []
      : [[key, 'was answered, but its todo is not there']]
  })
  const withoutOutcome = records.flatMap(({ key, answer, refusal, cancelled }): Broken => {
    const outcomes = [answer !== null, refusal !== null, cancelled].filter(Boolean).length
    return outcomes === 1 ? [] : [[key, `was committed with ${outcomes} outcomes`]]
  })
  return [...withoutKey, ...withoutEffect, ...withoutOutcome]
}

function keyOf([first]: readonly HistoryEvent[]): string {
  return first?.key ?? ''
}

function nameOf([first]: readonly Effect[]): string {
  return first?.key ?? first?.id ?? ''
}
