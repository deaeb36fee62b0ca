import type { KeyedAttempt } from '@idem/operations/services'
import type { Logger } from 'pino'

/**
 * Logs one line for each keyed attempt, with its outcome and duration, and a hash of the key by
 * which the attempts of one intent can be found.
 */
export function attemptLogger(log: Logger): (attempt: KeyedAttempt) => void {
  return function logAttempt(attempt) {
    const level = levelOf(attempt)
    if (!log.isLevelEnabled(level)) return
    const { outcome, refusal, operation, keyHash, ambiguousCommit: ambiguous } = attempt
    log[level](
      { outcome, refusal, operation, keyHash: keyHash(), ms: toTenth(attempt), ambiguous },
      'attempt',
    )
  }
}

/** A warning: a correct client and a healthy database never cause these. */
function levelOf({ outcome, refusal, ambiguousCommit }: KeyedAttempt): 'info' | 'warn' {
  const odd = refusal === 'key_reused' || outcome === 'unavailable' || ambiguousCommit !== undefined
  return odd ? 'warn' : 'info'
}

function toTenth({ durationMs }: KeyedAttempt): number {
  return Math.round(durationMs * 10) / 10
}
