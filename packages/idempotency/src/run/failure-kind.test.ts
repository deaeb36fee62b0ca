import { expect, test } from 'vitest'
import { type FailureKind, failureKindOf } from './failure-kind.ts'

const rows: readonly (readonly [code: string, before: FailureKind, committing: FailureKind])[] = [
  ['40001', 'rolled_back', 'rolled_back'],
  ['40P01', 'rolled_back', 'rolled_back'],
  ['57014', 'rolled_back', 'unknown'],
  ['25P03', 'rolled_back', 'rolled_back'],
  ['25P04', 'rolled_back', 'unknown'],
  ['57P05', 'rolled_back', 'rolled_back'],
  ['55P03', 'waited_too_long', 'waited_too_long'],
  ['25006', 'wrong_node', 'wrong_node'],
  ['53100', 'no_room', 'no_room'],
  ['53200', 'no_room', 'no_room'],
  ['58030', 'no_room', 'no_room'],
  ['53300', 'never_started', 'never_started'],
  ['57P03', 'never_started', 'never_started'],
  ['ECONNREFUSED', 'never_started', 'never_started'],
  ['ENOENT', 'never_started', 'never_started'],
  ['pool_wait', 'never_started', 'never_started'],
  ['transaction_timeout', 'bug', 'bug'],
  ['01000', 'rolled_back', 'unknown'],
  ['08006', 'rolled_back', 'unknown'],
  ['08P01', 'rolled_back', 'unknown'],
  ['40003', 'rolled_back', 'unknown'],
  ['57P01', 'rolled_back', 'unknown'],
  ['57P02', 'rolled_back', 'unknown'],
  ['ECONNRESET', 'rolled_back', 'unknown'],
  ['EPIPE', 'rolled_back', 'unknown'],
  ['ETIMEDOUT', 'rolled_back', 'unknown'],
  ['EHOSTUNREACH', 'rolled_back', 'unknown'],
  ['ENETUNREACH', 'rolled_back', 'unknown'],
  ['EAI_AGAIN', 'rolled_back', 'unknown'],
  ['ENOTFOUND', 'rolled_back', 'unknown'],
  ['connection_lost', 'rolled_back', 'unknown'],
  // The database's own decision against the commit: a deferred constraint, a deferred trigger.
  ['21000', 'bug', 'bug'],
  ['22012', 'bug', 'bug'],
  ['23503', 'bug', 'bug'],
  ['23505', 'bug', 'bug'],
  ['25P02', 'bug', 'bug'],
  ['26000', 'bug', 'bug'],
  ['40000', 'bug', 'bug'],
  ['40002', 'bug', 'bug'],
  ['42P01', 'bug', 'bug'],
  ['44000', 'bug', 'bug'],
  ['54000', 'bug', 'bug'],
  ['P0000', 'bug', 'bug'],
  ['P0001', 'bug', 'bug'],
  ['P0002', 'bug', 'bug'],
  ['P0003', 'bug', 'bug'],
  ['P0004', 'bug', 'bug'],
  // A proxy, or one node of several, sends these: they tell nothing about the others.
  ['0A000', 'bug', 'unknown'],
  ['57P04', 'bug', 'unknown'],
  ['58000', 'bug', 'unknown'],
  ['XX000', 'bug', 'unknown'],
  ['XX001', 'bug', 'unknown'],
  // Prisma's own code, which only looks like a SQLSTATE.
  ['P1017', 'bug', 'unknown'],
  ['P2028', 'bug', 'unknown'],
]

test.each(rows)('%s is %s, and during the commit %s', (code, before, committing) => {
  expect(failureKindOf(code, false)).toBe(before)
  expect(failureKindOf(code, true)).toBe(committing)
})

test('an error without a SQLSTATE is a bug, and unknown during the commit', () => {
  expect(failureKindOf(undefined, false)).toBe('bug')
  expect(failureKindOf(undefined, true)).toBe('unknown')
  expect(failureKindOf('ERR_SSL_BAD_RECORD', true)).toBe('unknown')
})
