import { expect, test } from 'vitest'
import { type ListState, rowWord, statusOf } from './status-words.ts'
import { creating, deleting, discarding, needsPerson, waiting } from './test-things.ts'

const current: ListState = { state: 'current' }
const noon = new Date(2026, 10, 24, 12, 0).getTime()
const words = (entries: ReturnType<typeof creating>[], now = 0, list: ListState = current) => {
  const { words, aside = '' } = statusOf({ entries, durable: true, newer: [] }, list, now)
  return words + aside
}

test('"Saved" is said only when the server said so of everything', () => {
  expect(words([])).toBe('Saved')
  expect(words([], 0, { state: 'loading' })).toBe('')
  expect(words([creating('a')])).toBe('')
  expect(words([creating('a', waiting('no_answer'))])).not.toMatch(/^Saved$/)
})

test('"Saving…" is said when it takes longer than a person notices', () => {
  expect(words([creating('a')], 399)).toBe('')
  expect(words([creating('a')], 400)).toBe('Saving…')
  expect(rowWord(creating('a'), 399)).toBe('')
  expect(rowWord(creating('a'), 400)).toBe('Saving…')
})

test('without an answer it says that the device has it, how many they are and when it tries again', () => {
  const entries = [creating('a', waiting('no_answer', 8_000)), deleting('b')]
  expect(words(entries, 500)).toBe(
    'Saved on this device, waiting for network (2) · Trying again in 8 s',
  )
  expect(statusOf({ entries, durable: true, newer: [] }, current, 500).action).toBe('retry')
  expect(rowWord(entries[0], 500)).toBe('Waiting')
})

test('while it tries again the words stay, so nothing flickers or is announced anew', () => {
  const lastError = { kind: 'no_answer', message: '' } as const
  const trying = [creating('a', { state: 'sending', attempts: 2, lastError })]
  expect(words(trying)).toBe('Saved on this device, waiting for network (1) · Trying again…')
  expect(statusOf({ entries: trying, durable: true, newer: [] }, current, 0).words).toBe(
    statusOf(
      { entries: [creating('a', waiting('no_answer', 9_000))], durable: true, newer: [] },
      current,
      0,
    ).words,
  )
})

test('when the server asks for patience, the network is not blamed', () => {
  expect(words([creating('a', waiting({ code: 'unavailable' }, 7_001))])).toBe(
    'Trying again in 8 s',
  )
})

test('without storage it does not claim that the device has it', () => {
  const entries = [creating('a', waiting('no_answer', 2_000))]
  expect(statusOf({ entries, durable: false, newer: [] }, current, 0)).toMatchObject({
    words: 'Not saved yet, only kept in this page (1)',
  })
})

test('what needs a person comes first', () => {
  const one = creating('a', needsPerson())
  expect(words([one, creating('b', waiting('no_answer'))])).toBe('The server refused 1 change')
  expect(words([one, deleting('b', needsPerson())])).toBe('The server refused 2 changes')
  expect(statusOf({ entries: [one], durable: true, newer: [] }, current, 0).action).toBe('review')
  expect(rowWord(one, 0)).toBe('')
})

test('a list that is not of now says of when it is', () => {
  const asOf = new Date(2026, 10, 24, 10, 42).getTime()
  expect(words([], noon, { state: 'unreachable', asOf })).toBe(
    'Cannot reach the server – list of 10:42',
  )
  expect(words([], noon + 86_400_000, { state: 'unreachable', asOf })).toBe(
    'Cannot reach the server – list of 24 November, 10:42',
  )
  expect(words([], noon, { state: 'unreachable', asOf: undefined })).toBe('Cannot reach the server')
})

const newer = (count: number) =>
  Array.from({ length: count }, (_, seq) => ({
    isNewer: true as const,
    seq,
    id: `${seq}`,
    orderingKey: `${seq}`,
  }))

test('changes that only the next release of the page can send are counted, and nothing is called saved', () => {
  const status = statusOf({ entries: [], durable: true, newer: newer(1) }, current, 0)
  expect(status).toEqual({ words: '1 change needs a newer page', action: 'renew' })
  const entries = [creating('a', waiting('no_answer', 2_000))]
  expect(statusOf({ entries, durable: true, newer: newer(2) }, current, 0).words).toBe(
    'Saved on this device, waiting for network (1) · 2 changes need a newer page',
  )
})

test('when the storage of the device is full or broken, that is said, and the network is not blamed', () => {
  expect(words([creating('a', waiting('storage full', 5_000)), creating('b')])).toBe(
    'This device’s storage is full (2) · Trying again in 5 s',
  )
  expect(words([creating('a', waiting('storage broken', 5_000))])).toBe(
    'This device’s storage does not work (1) · Trying again in 5 s',
  )
})

test('what needs a person for another reason than a refusal is not called refused', () => {
  const restored = creating('a', { state: 'needs_person', question: { kind: 'restored' } })
  expect(words([restored])).toBe('1 change needs a decision')
  expect(words([restored, creating('b', needsPerson())])).toBe('2 changes need a decision')
})

test('a row that is being discarded says so', () => {
  expect(rowWord(discarding(creating('a', waiting('no_answer'))), 0)).toBe('Discarding…')
})

test('a clock that was set back does not hide that something is under way', () => {
  expect(words([creating('a')], -3_600_000)).toBe('Saving…')
})
