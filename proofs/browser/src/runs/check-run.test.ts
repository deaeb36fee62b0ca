import type { Effect } from '@idem/chaos/effect-log'
import { expect, test } from 'vitest'
import { type Evidence, violationsOf } from './check-run.ts'
import type { Submission } from './ledger.ts'
import type { Operation } from './stored-submissions.ts'

const owner = 'local'
const milk = { id: 'milk', title: 'Buy milk', completed: false }
const add = submission('add', 'createTodo')
const edit = submission('edit', 'updateTodo')

/** A todo is added and edited; the answer to the first attempt was lost. */
const good: Evidence = {
  submissions: [add, edit],
  expected: [{ ...milk, isDeleted: false, isUncertain: false }],
  effects: [effect(1, 'made', 'add'), effect(2, 'changed', 'edit')],
  todos: [{ ...milk, owner, deleted: false }],
  requests: [
    request('createTodo', 'add'),
    request('createTodo', 'add'),
    request('updateTodo', 'edit'),
  ],
  mayReplaceKeys: false,
}

test('a run in which each intent has one effect has no violation', () => {
  expect(violationsOf(good)).toEqual([])
})

test.each<[string, Partial<Evidence>, string]>([
  ['an intent without an effect', { effects: good.effects.slice(0, 1) }, 'has no effect'],
  [
    'an intent with two effects',
    { effects: [...good.effects, effect(3, 'changed', 'edit')] },
    'has changed “Buy milk”, changed “Buy milk”',
  ],
  [
    'an effect of another kind',
    { effects: [effect(1, 'made', 'add'), effect(2, 'deleted', 'edit')] },
    'updateTodo “Buy milk” (edit) has deleted',
  ],
  [
    'an effect of an unknown key',
    { effects: [...good.effects, effect(3, 'made', 'other')] },
    'made “Buy milk” by other, which no device has stored',
  ],
  [
    'an effect without a key',
    { effects: [...good.effects, { ...effect(3, 'changed', 'x'), by: null }] },
    'by null',
  ],
  [
    'effects in another order',
    { effects: [effect(1, 'changed', 'edit'), effect(2, 'made', 'add')] },
    'made “Buy milk” after changed',
  ],
  [
    'another title than that of the person',
    { todos: [{ ...milk, owner, title: 'Buy tea', deleted: false }] },
    'stored {"id":"milk","title":"Buy tea"',
  ],
  ['a deleted todo', { todos: [{ ...milk, owner, deleted: true }] }, '"deleted":true'],
  ['a todo of nobody', { expected: [] }, 'nobody added “Buy milk”'],
  [
    'an attempt under another key',
    { requests: [request('createTodo', 'fresh')] },
    'createTodo was sent under fresh, which no device has stored for it',
  ],
  [
    'a key of another operation',
    { requests: [request('deleteTodo', 'add')] },
    'deleteTodo was sent under add',
  ],
  [
    'an attempt with another body',
    { requests: [request('createTodo', 'add'), request('createTodo', 'add', 'Buy tea')] },
    'was sent as',
  ],
  [
    'a replaced key although the clock is right',
    { submissions: [{ ...add, keys: new Set(['add', 'again']) }, edit] },
    'was sent under 2 keys',
  ],
])('the checker reports %s', (_, change, sentence) => {
  expect(violationsOf({ ...good, ...change }).join('\n')).toContain(sentence)
})

test('a discarded intent has one effect or none, and never two', () => {
  const submissions = [add, { ...edit, isDiscarded: true }]
  expect(violationsOf({ ...good, submissions })).toEqual([])
  const [made, changed] = good.effects
  if (made === undefined || changed === undefined) throw new Error('Expected two effects.')
  expect(violationsOf({ ...good, submissions, effects: [made] })).toEqual([])
  expect(violationsOf({ ...good, submissions, effects: [made, changed, changed] })).toHaveLength(1)
})

function submission(key: string, operation: Operation): Submission {
  return {
    intent: { operation, id: 'milk', title: 'Buy milk' },
    keys: new Set([key]),
    isDiscarded: false,
  }
}

function effect(seq: number, kind: Effect['kind'], by: string): Effect {
  const row = { owner, id: 'milk', key: 'add', title: 'Buy milk', version: seq }
  return { seq, kind, by, ...row }
}

function request(operation: Operation, idempotencyKey: string, title = 'Buy milk') {
  return { operation, body: JSON.stringify({ title, idempotencyKey }) }
}
