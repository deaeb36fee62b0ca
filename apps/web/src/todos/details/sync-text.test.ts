import { expect, test } from 'vitest'
import {
  creating,
  deleting,
  discarding,
  needsPerson,
  outcome,
  todo,
  waiting,
} from '../test-entries.ts'
import {
  errorText,
  operationText,
  sentText,
  settledText,
  shortKey,
  stateText,
} from './sync-text.ts'

const settled = { ...outcome('a', todo('a'), 0), id: 'k', key: 'k', attempts: 3 }

test('a saved change says how often it was sent, and that it was saved once', () => {
  expect(settledText(settled, sentText(3, 'sent'))).toBe('sent 3 times, saved once')
  expect(settledText({ ...settled, wasDiscarded: true }, sentText(1, 'tried'))).toBe(
    'tried once, saved once, before it could be discarded',
  )
})

test.for([
  [creating('a'), 'Queued'],
  [creating('a', { state: 'sending' }), 'Sending…'],
  [creating('a', waiting('no_answer', 2_500)), 'Trying again in 3 s'],
  [creating('a', needsPerson()), 'Needs your decision'],
  [discarding(creating('a', { state: 'sending' })), 'Discarding…'],
  [discarding(deleting('a', waiting('no_answer', 2_500))), 'Discarding again in 3 s'],
] as const)('each state has words: %#', ([entry, words]) => {
  expect(stateText(entry, 0)).toBe(words)
})

test.for([
  [creating('a'), undefined],
  [creating('a', waiting('no_answer')), 'no answer'],
  [creating('a', waiting({ code: 'in_flight' })), 'the first attempt is still running'],
  [creating('a', waiting({ code: 'version_conflict' })), 'changed on another device'],
  [creating('a', waiting({ code: 'of a newer server' })), 'refused by the server'],
  [creating('a', waiting('storage full')), 'this device’s storage is full'],
] as const)('the last error has words: %#', ([entry, words]) => {
  expect(errorText(entry)).toBe(words)
})

test('a change is named by its operation and title, and a key by its end', () => {
  expect(operationText(deleting('a').intent)).toBe('Delete “title a”')
  expect(shortKey('01890a5d-ac96-774b-bcce-b302099a8057')).toBe('099a8057')
  expect(sentText(0, 'tried')).toBe('not sent yet')
})
