import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '@idem/test-support/random'
import { answersAfterHealing, patienceMs } from '../checker/health.ts'
import { createHistory } from './history.ts'
import { runSender } from './sender.ts'

export type ClientsSettings = {
  readonly urls: readonly string[]
  readonly random: Random
  /** 16 unless told: more than the server's connections to its database, so that some always wait. */
  readonly senders?: number
  /** How long one attempt may take before it is unknown: the client's own 12,000 ms unless told. */
  readonly attemptTimeoutMs?: number
}

/** Senders at work, all the time something is done to the servers behind them. */
export function startClients({ urls, random, senders = 16, attemptTimeoutMs }: ClientsSettings) {
  const history = createHistory()
  const stopping = new AbortController()
  const givingUp = new AbortController()
  const signals = { stop: stopping.signal, giveUp: givingUp.signal }
  const done = Promise.all(
    Array.from({ length: senders }, (_, name) =>
      runSender({ name, urls, history, random: random.fork(name), attemptTimeoutMs, ...signals }),
    ),
  )

  return {
    history,
    /** Resolves when so many more calls have been answered. */
    answers: (count: number) => inPatience(history.answers(count)),
    /** Resolves when so many calls have been begun, from the start of the run. */
    attempts: (count: number) => inPatience(history.attempts(count)),
    /**
     * To be called when all faults are over. Resolves when every sender has had
     * its answers again and has settled what it had begun.
     */
    async finish(): Promise<{ healedAt: number; wellAgainMs: number }> {
      const healedAt = history.now()
      await inPatience(history.streaks(senders, answersAfterHealing))
      const wellAgainMs = history.now() - healedAt
      stopping.abort()
      await inPatience(done)
      givingUp.abort()
      await done
      return { healedAt, wellAgainMs }
    },
    /** Also sends home a clients whose test has failed. */
    async [Symbol.asyncDispose]() {
      stopping.abort()
      givingUp.abort()
      await done
    },
  }
}

async function inPatience(event: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const limit = pause(patienceMs, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([event, limit])
  over.abort()
}
