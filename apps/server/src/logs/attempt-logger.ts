import { hash } from 'node:crypto'
import type { KeyedAttempt } from '@idem/api/keyed-attempt'
import type { Logger } from 'pino'

/** Enough to tell a day's keys apart, and too few to be a key. */
const hashCharacters = 12

/**
 * One line a keyed attempt: what was done with it and how long that took. Of
 * the key it holds a hash, by which the attempts of one intent are found.
 */
export function attemptLogger(log: Logger): (attempt: KeyedAttempt) => void {
  return function logAttempt(attempt) {
    const level = levelOf(attempt)
    if (!log.isLevelEnabled(level)) return
    const { outcome, refusal, operation, doubt } = attempt
    log[level](
      { outcome, refusal, operation, keyHash: keyHash(attempt), ms: toTenth(attempt), doubt },
      'attempt',
    )
  }
}

/** Warned of is what a correct client and a healthy database never cause. */
function levelOf({ outcome, refusal, doubt }: KeyedAttempt): 'info' | 'warn' {
  const odd = refusal === 'key_reused' || outcome === 'unavailable' || doubt !== undefined
  return odd ? 'warn' : 'info'
}

function keyHash({ owner, key }: KeyedAttempt): string {
  // NUL cannot be part of a key, so no two pairs are hashed alike.
  return hash('sha256', `${owner}\0${key}`, 'hex').slice(0, hashCharacters)
}

function toTenth({ durationMs }: KeyedAttempt): number {
  return Math.round(durationMs * 10) / 10
}
