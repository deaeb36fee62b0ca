import { expect, test } from 'vitest'
import { mergeOptimistic, type ReadTodos } from '../list/merge-optimistic.ts'
import type { TodoEntry } from '../sending/intent.ts'
import {
  creating,
  deleting,
  needsPerson,
  restoring,
  todo,
  updating,
  waiting,
} from '../test-entries.ts'
import { decisionOf, isFinal } from './decision-text.ts'

const restored = { state: 'needs_person', question: { kind: 'restored' } } as const
const expired = needsPerson({ code: 'key_expired', retry: 'new_key' })
const notRead: ReadTodos = new Map()
const missing: ReadTodos = new Map([['a', null]])
const there: ReadTodos = new Map([['a', { ...todo('a', 4), title: 'theirs' }]])
const edited = { title: 'mine' }

test.each<[string, TodoEntry, ReadTodos, string]>([
  [
    'a change that a restore has lost with its todo',
    updating('a', edited, restored),
    missing,
    'keep_mine',
  ],
  ['a restoration of a todo that was lost', restoring('a', restored), missing, 'keep_mine'],
  [
    'a change whose key expired, of a todo that is gone',
    updating('a', edited, expired),
    missing,
    'keep_mine',
  ],
  [
    'a change whose key expired, of a changed todo',
    updating('a', edited, expired),
    there,
    'keep_mine',
  ],
  [
    'a change whose key expired, before the todo was read',
    updating('a', edited, expired),
    notRead,
    'try_again',
  ],
  [
    'a change after a restore, of a todo that is there',
    updating('a', edited, restored),
    there,
    'try_again',
  ],
  ['a create after a restore', creating('a', restored), missing, 'try_again'],
  ['a delete after a restore', deleting('a', restored), missing, 'try_again'],
])('%s is offered its way on', (_, entry, read, action) => {
  const [row] = mergeOptimistic(undefined, { entries: [entry], outcomes: [], newer: [] }, read)
  expect(row && decisionOf(row)?.actions).toEqual([action, 'discard'])
})

test.for([
  [needsPerson(), true],
  [needsPerson({ code: 'version_conflict', retry: 'ask_person' }), true],
  [needsPerson({ code: 'forbidden', retry: 'ask_person' }), false],
  [{ state: 'needs_person', question: { kind: 'restored' } }, false],
  [{ state: 'needs_person', question: { kind: 'other_account', account: 'b' } }, true],
  [waiting('no_answer'), false],
] as const)(
  'trying again is offered unless the same answer must come again: %#',
  ([status, final]) => {
    expect(isFinal(creating('a', status))).toBe(final)
  },
)
