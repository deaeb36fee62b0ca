import type { Advised, StoredStatus, Trouble } from '../entry.ts'
import type { Platform } from '../platform.ts'
import { backoff } from './backoff.ts'

/** The status of an entry that is sent again by itself. */
export function waiting(
  attempts: number,
  lastError: Trouble,
  { now, random }: Pick<Platform, 'now' | 'random'>,
): StoredStatus {
  const askedMs = lastError.kind === 'refused' ? (lastError.refusal.retryAfterMs ?? 0) : 0
  const waitMs = backoff(attempts, random, askedMs)
  return { state: 'waiting', waitMs, retryAt: now() + waitMs, named: askedMs > 0, lastError }
}

/** The status of an entry that only a person can send again, or discard. */
export function asking(refusal: Advised): StoredStatus {
  return { state: 'needs_person', question: { kind: 'refused', refusal } }
}

export function noAnswer(error: unknown): Trouble {
  return { kind: 'no_answer', message: error instanceof Error ? error.message : String(error) }
}
