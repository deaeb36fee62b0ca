import { expect, test } from 'vitest'
import { check, type Evidence } from './checker.ts'
import type { Effect, KeyRecord } from './effect-log.ts'
import type { HistoryEvent } from './history.ts'

const key = 'k'
const id = 'id-1'
const create = { at: 0, sender: 1, key, operation: 'createTodo', input: 'Buy milk' } as const
const remove = { at: 0, sender: 1, key: 'd', operation: 'deleteTodo', input: id } as const
const ok: HistoryEvent = { ...create, happened: { kind: 'ok', body: 'aa', id } }
const unknown: HistoryEvent = { ...create, happened: { kind: 'unknown', why: 'cut' } }
const gone: HistoryEvent = { ...remove, happened: { kind: 'ok', body: 'dd', id } }
const made = effect('made')
const deleted = effect('deleted')
const record: KeyRecord = {
  key,
  operation: 'createTodo',
  answer: JSON.stringify({ id }),
  refusal: null,
  cancelled: false,
}
const good: Evidence = {
  events: [unknown, ok, ok, gone, ok],
  effects: [made, deleted],
  records: [record],
}

function effect(kind: Effect['kind'], changed: Partial<Effect> = {}): Effect {
  return { seq: 1, kind, id, key, title: 'Buy milk', ...changed }
}

function refused(code: string, retry = 'never'): HistoryEvent {
  return { ...create, happened: { kind: 'refused', body: code, code, retry } }
}

test('a history in which everything happened once passes', () => {
  expect(check(good)).toEqual([])
})

test.for<[invariant: string, lie: string, bad: Partial<Evidence>]>([
  ['I1', 'acknowledged and never made', { effects: [] }],
  ['I1', 'made twice and deleted once', { effects: [made, made, deleted] }],
  [
    'I2',
    'a second row under one key',
    { effects: [made, effect('made', { id: 'id-2' }), deleted] },
  ],
  ['I2', 'deleted twice', { effects: [made, deleted, effect('restored'), deleted] }],
  [
    'I3',
    'two answers to one key',
    { events: [ok, { ...create, happened: { kind: 'ok', body: 'bb', id } }] },
  ],
  [
    'I3',
    'a stored refusal told in other words',
    {
      events: [
        refused('id_taken'),
        { ...create, happened: { kind: 'refused', body: 'bb', code: 'id_taken', retry: 'never' } },
      ],
    },
  ],
  ['I4', 'a deleted todo came back', { effects: [made, deleted, effect('restored')] }],
  ['I4', 'the tombstone was removed', { effects: [made, deleted, effect('removed')] }],
  ['I4', 'acknowledged, and the delete was lost', { effects: [made] }],
  [
    'I5',
    'two inputs answered under one key',
    { events: [ok, { ...create, input: 'Buy tea', happened: { kind: 'ok', body: 'aa', id } }] },
  ],
  [
    'I5',
    'refused as another input, and made',
    {
      events: [ok, { ...refused('key_reused'), input: 'Buy tea' }],
      effects: [made, effect('made', { title: 'Buy tea' })],
    },
  ],
  ['I6', 'refused for good, and made', { events: [refused('id_taken')] }],
  ['I7', 'an unknown that nobody settled', { events: [unknown] }],
  ['I7', 'given up when told to try again', { events: [refused('unavailable', 'same_key')] }],
  ['I9', 'called a failure, and made', { events: [refused('unexpected', 'same_key'), ok] }],
  ['I9', 'acknowledged, and refused later', { events: [ok, refused('key_expired', 'new_key')] }],
  ['I10', 'an effect whose key is not there', { records: [] }],
  [
    'I10',
    'an effect that another answer names',
    { records: [{ ...record, answer: '{"id":"x"}' }] },
  ],
  ['I10', 'an answered key without its effect', { effects: [], events: [] }],
  [
    'I10',
    'a key committed while its work was under way',
    { records: [record, { ...record, key: 'p', answer: null }] },
  ],
  [
    'I10',
    'an effect under a key that was refused',
    { records: [{ ...record, answer: null, refusal: '{}' }] },
  ],
])('%s catches: %s', ([invariant, , bad]) => {
  const found = check({ ...good, ...bad })
  expect(found.map((violation) => violation.invariant)).toContain(invariant)
})
