import { expect, test } from 'vitest'
import type { HistoryEvent, ReportedOutcome } from '../senders/history.ts'
import { check } from './checker.ts'
import type { Effect, KeyRecord } from './effect-log.ts'
import type { Evidence } from './facts.ts'

const owner = 'local'
const key = 'k'
const id = 'id-1'
const create = { at: 0, sender: 1, key, operation: 'createTodo', input: 'Buy milk' } as const
const update = { at: 0, sender: 1, key: 'u', operation: 'updateTodo', input: 'Buy tea' } as const
const remove = { at: 0, sender: 1, key: 'd', operation: 'deleteTodo', input: id } as const
const restore = { at: 0, sender: 1, key: 'r', operation: 'restoreTodo', input: id } as const
const ok: HistoryEvent = { ...create, happened: { kind: 'ok', body: 'aa', id } }
const unknown: HistoryEvent = { ...create, happened: { kind: 'unknown', why: 'cut' } }
const updated: HistoryEvent = { ...update, happened: { kind: 'ok', body: 'uu', id, version: 2 } }
const gone: HistoryEvent = { ...remove, happened: { kind: 'ok', body: 'dd', id } }
const restored: HistoryEvent = { ...restore, happened: { kind: 'ok', body: 'rr', id, version: 4 } }

const made = effect({ kind: 'made', by: key, version: 1 })
const changed = effect({ kind: 'changed', by: 'u', version: 2, title: 'Buy tea' })
const deleted = effect({ kind: 'deleted', by: 'd', version: 3, title: 'Buy tea' })
const back = effect({ kind: 'restored', by: 'r', version: 4, title: 'Buy tea' })
const goneAgain = effect({ kind: 'deleted', by: 'd2', version: 5, title: 'Buy tea' })

const answered: KeyRecord = {
  owner,
  key,
  operation: 'createTodo',
  answer: JSON.stringify({ id }),
  refusal: null,
  cancelled: false,
}
const answeredUpdate: KeyRecord = {
  ...answered,
  key: 'u',
  operation: 'updateTodo',
  answer: JSON.stringify({ id, version: 2 }),
}
const answeredRestore: KeyRecord = {
  ...answeredUpdate,
  key: 'r',
  operation: 'restoreTodo',
  answer: JSON.stringify({ id, version: 4 }),
}
const cancelled: KeyRecord = {
  ...answered,
  operation: null,
  answer: null,
  cancelled: true,
}

const whole: Evidence = {
  events: [
    unknown,
    ok,
    reported({ state: 'answered', operation: 'createTodo', answer: 'aa' }),
    updated,
    gone,
    restored,
    { ...remove, key: 'd2', happened: { kind: 'ok', body: 'dd', id } },
    ok,
    updated,
  ],
  effects: [made, changed, deleted, back, goneAgain],
  records: [answered, answeredUpdate, answeredRestore],
}
const short: Evidence = { events: [ok], effects: [made], records: [answered] }

function effect(changes: Partial<Effect>): Effect {
  const row = { owner, id, key, title: 'Buy milk', version: 1 }
  return { seq: 1, kind: 'made', by: null, ...row, ...changes }
}

function refused(code: string, retry = 'never'): HistoryEvent {
  return { ...create, happened: { kind: 'refused', body: code, code, retry } }
}

function reported(outcome: ReportedOutcome, body: string = outcome.state): HistoryEvent {
  return {
    ...create,
    operation: 'cancel',
    input: '',
    happened: { kind: 'reported', body, outcome },
  }
}

/** The responses of each sender at these times. */
function heardAt(...times: number[]): HistoryEvent[] {
  return times.map((at) => ({ ...ok, at }))
}

test('a history in which everything happened once passes', () => {
  expect(check(whole)).toEqual([])
  expect(check(short)).toEqual([])
})

test('a key that was cancelled in time passes', () => {
  const events = [unknown, reported({ state: 'cancelled' }), refused('cancelled')]
  expect(check({ events, effects: [], records: [cancelled] })).toEqual([])
})

test('an update without a key that meets its own earlier effect passes', () => {
  const named = { ...update, key: 'update Buy tea' }
  const events: HistoryEvent[] = [
    ok,
    { ...named, happened: { kind: 'unknown', why: 'cut' } },
    {
      ...named,
      happened: { kind: 'refused', body: 'x', code: 'version_conflict', retry: 'ask_person' },
    },
  ]
  const effects = [made, { ...changed, by: null }]
  expect(check({ events, effects, records: [answered] })).toEqual([])
})

test('twenty answers in a row after the last fault, and sessions that rest for a moment, pass', () => {
  const times = Array.from({ length: 21 }, (_, at) => at * 100)
  const events = [...heardAt(...times), ...heardAt(40_000)]
  const idle = [{ pid: 1, application: 'idem', idleMs: 400 }]
  const samples = [{ at: 1, quiet: false, idle }]
  expect(check({ ...short, events, healedAt: 0, samples })).toEqual([])
})

/** A bad history for each invariant. */
const lies: Record<string, Record<string, Partial<Evidence>>> = {
  I1: {
    'acknowledged and never made': { effects: [] },
    'made twice and deleted once': { effects: [made, made, deleted] },
    'an update acknowledged and lost': { events: [ok, updated] },
    'an update acknowledged, and another one done': {
      events: [ok, updated],
      effects: [made, { ...changed, title: 'Buy ink' }],
    },
    'a restore acknowledged and lost': { events: [ok, gone, restored] },
  },
  I2: {
    'a second row under one key': { effects: [made, { ...made, id: 'id-2' }] },
    'deleted twice by one intent': { effects: [made, deleted, back, goneAgain] },
    'an update done twice under one key': {
      events: [ok, updated],
      effects: [made, changed, { ...changed, version: 3 }],
      records: [answered, answeredUpdate],
    },
    'an update done again outside of its key': {
      events: [ok, updated],
      effects: [made, changed, { ...changed, by: null, version: 3 }],
    },
    'a version that rose by two': {
      events: [ok, updated],
      effects: [made, { ...changed, version: 3 }],
    },
    'an update without a key done twice': {
      events: [ok, { ...updated, key: 'update Buy tea' }],
      effects: [made, { ...changed, by: null }, { ...changed, by: null, version: 3 }],
    },
  },
  I3: {
    'two answers to one key': {
      events: [ok, { ...create, happened: { kind: 'ok', body: 'bb', id } }],
    },
    'two answers to one update': {
      events: [updated, { ...update, happened: { kind: 'ok', body: 'vv', id, version: 2 } }],
    },
    'a stored refusal reported in other words': {
      events: [
        refused('id_taken'),
        { ...create, happened: { kind: 'refused', body: 'bb', code: 'id_taken', retry: 'never' } },
      ],
    },
    'an outcome that tells another answer': {
      events: [ok, reported({ state: 'answered', operation: 'createTodo', answer: 'bb' })],
    },
    'an outcome that reports a refusal after an acknowledged answer': {
      events: [ok, reported({ state: 'answered', operation: 'createTodo', refusal: 'id_taken' })],
    },
    'an outcome that changes': {
      events: [
        reported({ state: 'cancelled' }),
        { ...reported({ state: 'answered', operation: 'createTodo' }), operation: 'outcomeOf' },
      ],
    },
    'an unused key long after its acknowledged answer': {
      events: [
        ok,
        { ...reported({ state: 'unused' }), at: 5, happened: { kind: 'invoke' } },
        { ...reported({ state: 'unused' }), at: 6 },
      ],
    },
  },
  I4: {
    'a deleted todo came back': { events: [ok, gone], effects: [made, deleted, back] },
    'restored after the final delete by nobody': {
      events: [ok],
      effects: [made, { ...back, by: null, version: 2 }],
    },
    'a late restore after the final delete': {
      ...whole,
      effects: [...whole.effects, { ...back, by: null, version: 6 }],
    },
    'the tombstone was removed': { effects: [made, { ...deleted, kind: 'removed' }] },
    'acknowledged, and the delete was lost': { events: [ok, gone] },
    'restored, and a late delete took it away again': {
      events: [ok, gone, restored],
      effects: [made, changed, deleted, back, goneAgain],
    },
  },
  I5: {
    'two inputs answered under one key': {
      events: [ok, { ...create, input: 'Buy tea', happened: { kind: 'ok', body: 'aa', id } }],
    },
    'two operations answered under one key': {
      events: [ok, { ...gone, key }],
      effects: [made, { ...deleted, by: key, version: 2 }],
    },
    'refused as another input, and made': {
      events: [ok, { ...refused('key_reused'), input: 'Buy tea' }],
      effects: [made, { ...made, id: 'id-2', title: 'Buy tea' }],
    },
    'refused as another input, and changed': {
      events: [
        ok,
        {
          ...update,
          happened: { kind: 'refused', body: 'x', code: 'key_reused', retry: 'never' },
        },
      ],
      effects: [made, changed],
    },
  },
  I6: {
    'refused for good, and made': { events: [refused('id_taken')] },
    'cancelled, and made all the same': { events: [unknown, reported({ state: 'cancelled' })] },
    'cancelled, and acknowledged later': {
      events: [reported({ state: 'cancelled' }), ok],
      effects: [],
      records: [cancelled],
    },
    'cancelled, and a change was made under it': {
      events: [ok, { ...reported({ state: 'cancelled' }), key: 'u' }],
      effects: [made, changed],
    },
  },
  I7: {
    'an unknown that nobody settled': { events: [unknown] },
    'given up when reported to try again': { events: [refused('unavailable', 'same_key')] },
  },
  I8: {
    'a sender that hears nothing any more': { healedAt: 10 },
    'answers that come too late': {
      healedAt: 0,
      events: heardAt(...Array.from({ length: 30 }, (_, at) => at * 2_000)),
    },
    'answers with an unknown between them': {
      healedAt: 0,
      events: [...heardAt(...Array(19).fill(1)), unknown, ...heardAt(...Array(19).fill(2))],
    },
  },
  I9: {
    'called a failure, and made': { events: [refused('unexpected', 'same_key'), ok] },
    'acknowledged, and refused later': { events: [ok, refused('key_expired', 'new_key')] },
  },
  I10: {
    'an effect whose key is not there': { records: [] },
    'an effect that another answer names': { records: [{ ...answered, answer: '{"id":"x"}' }] },
    'an effect that was committed apart from its key': { effects: [{ ...made, by: null }] },
    'an answered key without its effect': { effects: [], events: [] },
    'an answered update without its effect': { records: [answered, answeredUpdate] },
    'an update that was committed apart from its key': {
      effects: [made, { ...changed, by: null }],
      records: [answered, answeredUpdate],
    },
    'an answered restore without its effect': { records: [answered, answeredRestore] },
    'a key committed while its work was in progress': {
      records: [answered, { ...answered, key: 'p', answer: null }],
    },
    'an effect under a key that was refused': {
      records: [{ ...answered, answer: null, refusal: '{}' }],
    },
    'an effect under a key that was cancelled': { records: [cancelled] },
  },
  I11: {
    'a session idle in a transaction for too long': {
      samples: [{ at: 1, quiet: false, idle: [{ pid: 1, application: 'idem', idleMs: 9_000 }] }],
    },
    'a connection that waits in its pool with an open transaction': {
      samples: [{ at: 1, quiet: true, idle: [{ pid: 1, application: 'idem', idleMs: 3 }] }],
    },
  },
}

const all = Object.entries(lies).flatMap(([invariant, each]) =>
  Object.entries(each).map(([lie, bad]) => ({ invariant, lie, bad })),
)

test.for(all)('$invariant catches: $lie', ({ invariant, bad }) => {
  const found = check({ ...short, ...bad })
  expect(found.map((violation) => violation.invariant)).toContain(invariant)
})
