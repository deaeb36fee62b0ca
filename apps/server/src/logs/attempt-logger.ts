import { hash } from 'node:crypto'
import type { KeyedAttempt } from '@idem/operations/keyed-attempt'
import type { Logger } from 'pino'

/** Enough to distinguish the keys of a day, too few to reveal a key. */
const hashCharacters = 12

/**
 * Logs one line for each keyed attempt, with its outcome and duration, and a hash of the key by
 * which the attempts of one intent can be found.
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

/** A warning is what a correct client and a healthy database never cause. */
function levelOf({ outcome, refusal, doubt }: KeyedAttempt): 'info' | 'warn' {
  const odd = refusal === 'key_reused' || outcome === 'unavailable' || doubt !== undefined
  return odd ? 'warn' : 'info'
}

function keyHash({ owner, key }: KeyedAttempt): string {
  // A key cannot contain NUL, so different pairs have different hash inputs.
  return hash('sha256', `${owner}\0${key}`, 'hex').slice(0, hashCharacters)
}

function toTenth({ durationMs }: KeyedAttempt): number {
  return Math.round(durationMs * 10) / 10
}
