import { expect, test } from 'vitest'
import type { Member } from './waiting-members.ts'
import { createWaitingMembers } from './waiting-members.ts'

function member(key: string, signal?: AbortSignal): Member<string> {
  return {
    claim: { owner: 'ann', key, operation: 'make', fingerprint: '', callers: [signal] },
    draft: key,
    row: {},
    names: { key, identity: 'same' },
    outcome: undefined,
    settle: () => {},
    fail: () => {},
  }
}

test('attempts whose callers have left take no place of one that is wanted', () => {
  const waiting = createWaitingMembers<string>()
  for (let at = 0; at < 100; at += 1) waiting.add(member(`left${at}`, AbortSignal.abort()))
  waiting.add(member('wanted'))
  expect(waiting.take().map(({ draft }) => draft)).toEqual(['wanted'])
  expect(waiting.length).toBe(0)
})
