import { expect, test } from 'vitest'
import { mergeOptimistic } from '../list/merge-optimistic.ts'
import type { TodoEntry } from '../sending/intent.ts'
import { creating, discarding, needsPerson, updating, waiting } from '../test-entries.ts'
import { isEditable } from './is-editable.ts'

const asked = (kind: 'restored') =>
  creating('a', { state: 'needs_person', question: { kind } } as const)

test.each<[string, TodoEntry, boolean]>([
  ['waits', creating('a', waiting('no_answer')), true],
  ['was refused', creating('a', needsPerson()), true],
  ['met a conflict', updating('a', {}, needsPerson({ code: 'version_conflict' })), true],
  ['is being discarded', discarding(creating('a')), false],
  [
    'has an expired key',
    creating('a', needsPerson({ code: 'key_expired', retry: 'new_key' })),
    false,
  ],
  ['was sent to a server that was restored', asked('restored'), false],
])(
  'a row whose entry %s is editable, unless a correction could be a second todo',
  (_, entry, is) => {
    const [row] = mergeOptimistic(undefined, { entries: [entry], outcomes: [], newer: [] })
    expect(row && isEditable(row)).toBe(is)
  },
)
