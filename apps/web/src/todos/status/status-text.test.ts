import { expect, test } from 'vitest'
import type { ListState } from '../list/use-todo-list.ts'
import { creating, deleting, discarding, needsPerson, waiting } from '../test-entries.ts'
import { rowText, statusOf, withNewVersion } from './status-text.ts'

const current: ListState = { state: 'current' }
const noon = new Date(2026, 10, 24, 12, 0).getTime()
const words = (entries: ReturnType<typeof creating>[], now = 0, list: ListState = current) => {
  const { words, aside = '' } = statusOf(
    { ready: true, entries, durable: true, newer: [], settled: [] },
    list,
    now,
  )
  return words + aside
}

test('"Saved" is shown only when the server confirmed everything', () => {
  expect(words([])).toBe('Saved')
  expect(words([creating('a')])).toBe('')
  expect(words([creating('a', waiting('no_answer'))])).not.toMatch(/^Saved$/)
})

test('"Saved" stays while the list is loading, incomplete or outdated', () => {
  expect(words([], 0, { state: 'loading' })).toBe('Saved')
  expect(words([], 0, { state: 'partial' })).toBe('Saved · The search is not complete')
  expect(words([], 0, { state: 'unreachable', asOf: undefined })).toBe(
    'Saved · Cannot reach the server',
  )
  expect(words([creating('a')], 0, { state: 'partial' })).toBe('The search is not complete')
})

test('"Saved" is not shown before the storage of the device was read', () => {
  const unread = { ready: false, entries: [], durable: false, newer: [], settled: [] }
  expect(statusOf(unread, current, 0).words).toBe('')
})

test('"Saving…" is shown when saving takes noticeably long', () => {
  expect(words([creating('a')], 399)).toBe('')
  expect(words([creating('a')], 400)).toBe('Saving…')
  expect(rowText(creating('a'), 399)).toBe('')
  expect(rowText(creating('a'), 400)).toBe('Saving…')
})

test('without an answer the status shows the saved entries, their number and the next retry', () => {
  const entries = [creating('a', waiting('no_answer', 8_000)), deleting('b')]
  expect(words(entries, 500)).toBe(
    'Saved on this device, waiting for network (2) · Trying again in 8 s',
  )
  expect(
    statusOf({ ready: true, entries, durable: true, newer: [], settled: [] }, current, 500).action,
  ).toBe('retry')
  expect(rowText(entries[0], 500)).toBe('Waiting')
})

test('the status text is stable during retries, so nothing flickers or is announced again', () => {
  const lastError = { kind: 'no_answer', message: '' } as const
  const trying = [creating('a', { state: 'sending', attempts: 2, lastError })]
  expect(words(trying)).toBe('Saved on this device, waiting for network (1) · Trying again…')
  expect(
    statusOf({ ready: true, entries: trying, durable: true, newer: [], settled: [] }, current, 0)
      .words,
  ).toBe(
    statusOf(
      {
        ready: true,
        entries: [creating('a', waiting('no_answer', 9_000))],
        durable: true,
        newer: [],
        settled: [],
      },
      current,
      0,
    ).words,
  )
})

test('a server that asks to wait is not reported as a network problem', () => {
  expect(words([creating('a', waiting({ code: 'unavailable' }, 7_001))])).toBe(
    'Trying again in 8 s',
  )
})

test('without storage the status says what closing the page loses, once it is known', () => {
  const entries = [{ ...creating('a', waiting('no_answer', 2_000)), addedAt: -500 }]
  expect(
    statusOf({ ready: true, entries, durable: false, newer: [], settled: [] }, current, 0),
  ).toMatchObject({
    words: 'Not saved: closing this page loses 1 change',
    aside: ' · Trying again in 2 s',
    isAlarm: true,
  })
  const before = { ready: false, entries, durable: false, newer: [], settled: [] }
  expect(statusOf(before, current, 0)).not.toHaveProperty('isAlarm')
})

test('entries that need a decision come first, and those that wait are said too', () => {
  const one = creating('a', needsPerson())
  expect(words([one, creating('b', waiting('no_answer'))])).toBe(
    '1 change needs your decision · 1 waiting for network',
  )
  expect(words([one, deleting('b', needsPerson())])).toBe('2 changes need your decision')
  expect(
    statusOf({ ready: true, entries: [one], durable: true, newer: [], settled: [] }, current, 0)
      .action,
  ).toBe('review')
  expect(rowText(one, 0)).toBe('')
})

test('an outdated list shows its time', () => {
  const asOf = new Date(2026, 10, 24, 10, 42).getTime()
  expect(words([], noon, { state: 'unreachable', asOf })).toBe(
    'Saved · Cannot reach the server – list of 10:42',
  )
  expect(words([], noon + 86_400_000, { state: 'unreachable', asOf })).toBe(
    'Saved · Cannot reach the server – list of 24 November, 10:42',
  )
  expect(words([], noon, { state: 'unreachable', asOf: undefined })).toBe(
    'Saved · Cannot reach the server',
  )
  expect(words([], noon, { state: 'refused', asOf })).toBe(
    'Saved · The server cannot answer now – list of 10:42',
  )
})

const newer = (count: number) =>
  Array.from({ length: count }, (_, seq) => ({
    isNewer: true as const,
    seq,
    id: `${seq}`,
    orderingKey: `${seq}`,
  }))

test('changes for a newer release of the page are counted, and nothing is shown as saved', () => {
  const status = statusOf(
    { ready: true, entries: [], durable: true, settled: [], newer: newer(1) },
    current,
    0,
  )
  expect(status).toEqual({ words: '1 change needs a newer page', action: 'renew' })
  const outdated = { state: 'unreachable', asOf: undefined } as const
  const snapshot = { ready: true, entries: [], durable: true, settled: [], newer: newer(1) }
  expect(statusOf(snapshot, outdated, 0)).toEqual({
    words: '1 change needs a newer page · Cannot reach the server',
    action: 'reload',
  })
  const entries = [creating('a', waiting('no_answer', 2_000))]
  expect(
    statusOf({ ready: true, entries, durable: true, settled: [], newer: newer(2) }, current, 0)
      .words,
  ).toBe('Saved on this device, waiting for network (1) · 2 changes need a newer page')
})

test('full or broken storage is reported as such and not as a network problem', () => {
  expect(words([creating('a', waiting('storage full', 5_000)), creating('b')])).toBe(
    'This device’s storage is full (2) · Trying again in 5 s',
  )
  expect(words([creating('a', waiting('storage broken', 5_000))])).toBe(
    'This device’s storage does not work (1) · Trying again in 5 s',
  )
})

test('on a first visit to an empty list nothing is claimed to be saved', () => {
  expect(words([], 0, { state: 'current', isEmpty: true })).toBe('')
  expect(words([], 0, { state: 'unreachable', asOf: undefined })).toContain('Saved')
})

test('a row being discarded is marked', () => {
  expect(rowText(discarding(creating('a', waiting('no_answer'))), 0)).toBe('Discarding…')
})

test('a clock set back does not hide a pending operation', () => {
  expect(words([creating('a')], -3_600_000)).toBe('Saving…')
})

test('a new version is added to the state, with a button that reloads', () => {
  expect(withNewVersion({ words: 'Saved' }, true)).toEqual({
    words: 'Saved · A new version is ready',
    action: 'renew',
  })
  expect(withNewVersion({ words: '' }, true)).toEqual({
    words: 'A new version is ready',
    action: 'renew',
  })
})

test('an action that a person is asked for comes before the reload', () => {
  const status = { words: 'The server refused 1 change', action: 'review' } as const
  expect(withNewVersion(status, true).action).toBe('review')
})

test('without a new version the state is unchanged', () => {
  expect(withNewVersion({ words: 'Saved' }, false)).toEqual({ words: 'Saved' })
})

test('an ended session leads to the page for signing in, and the status counts what waits', () => {
  const entries = [creating('a', waiting({ code: 'unauthenticated' }, 8_000)), deleting('b')]
  const snapshot = { ready: true, durable: true, newer: [], settled: [], entries }
  const signedOut: ListState = { state: 'signed_out', asOf: undefined }
  expect(statusOf(snapshot, signedOut, 500)).toEqual({
    words: 'Signed out. Sign in to send 2 changes.',
    action: 'sign_in',
  })
  expect(statusOf({ ...snapshot, entries: [] }, signedOut, 500)).toEqual({
    words: 'Saved · Signed out',
    action: 'sign_in',
  })
  expect(words([creating('a', waiting({ code: 'other_account' }, 8_000))])).toBe(
    'Another account is signed in. Sign in to send 1 change.',
  )
})
