import type { Entry, FailureKind, Refusal } from '../entry.ts'
import type { Platform } from '../platform.ts'
import { backoff } from '../repeat/backoff.ts'

/** What an attempt changes that did not settle its entry. */
export type NextStatus = Pick<Entry, 'lastError' | 'status'>

/** The entry is sent again by itself. */
export function waiting(
  attempts: number,
  lastError: FailureKind,
  { now, random }: Pick<Platform, 'now' | 'random'>,
): NextStatus {
  const askedMs = lastError.kind === 'refused' ? (lastError.refusal.retryAfterMs ?? 0) : 0
  const waitMs = backoff(attempts, random, askedMs)
  const retryAt = now() + waitMs
  return { lastError, status: { state: 'waiting', waitMs, retryAt, named: askedMs > 0 } }
}

/** Only a person can send the entry again, or discard it. */
export function asking(refusal: Refusal): NextStatus {
  const question = { kind: 'refused', refusal } as const
  return { lastError: question, status: { state: 'needs_person', question } }
}

export function noAnswer(error: unknown): FailureKind {
  return { kind: 'no_answer', message: String(Object(error).message ?? error) }
}
