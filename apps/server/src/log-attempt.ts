import type { KeyedAttempt } from '@idem/operations/keyed-attempt'
import type { Logger } from 'pino'

/**
 * One line a keyed attempt: what was done with it and how long that took. Of
 * the key it holds a hash, by which the attempts of one intent are found.
 */
export function attemptLogger(log: Logger): (attempt: KeyedAttempt) => void {
  return function logAttempt(attempt) {
    const level = levelOf(attempt)
    if (!log.isLevelEnabled(level)) return
    const { outcome, refusal, operation, keyHash, ambiguousCommit: doubt } = attempt
    log[level](
      { outcome, refusal, operation, keyHash: keyHash(), ms: toTenth(attempt), doubt },
      'attempt',
    )
  }
}

/** Warned of is what a correct client and a healthy database never cause. */
function levelOf({ outcome, refusal, ambiguousCommit }: KeyedAttempt): 'info' | 'warn' {
  const odd = refusal === 'key_reused' || outcome === 'unavailable' || ambiguousCommit !== undefined
  return odd ? 'warn' : 'info'
}

function toTenth({ durationMs }: KeyedAttempt): number {
  return Math.round(durationMs * 10) / 10
}
