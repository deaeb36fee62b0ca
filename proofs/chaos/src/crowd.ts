import { setTimeout as pause } from 'node:timers/promises'
import { createHistory } from './history.ts'
import type { Random } from './random.ts'
import { runSender } from './sender.ts'

/** More than the server's connections to its database, so that some always wait. */
const senders = 16
/** After the last kill each sender has this many answers before it stops. */
const answersAfterHealing = 20
/** Whoever hears nothing for so long is not going to: the run ends, and the checker says what is missing. */
const patienceMs = 30_000

/** Senders at work, all the time something is done to the servers behind them. */
export function startCrowd(urls: readonly string[], random: Random) {
  const history = createHistory()
  const stopping = new AbortController()
  const givingUp = new AbortController()
  const signals = { stop: stopping.signal, giveUp: givingUp.signal }
  const done = Promise.all(
    Array.from({ length: senders }, (_, name) =>
      runSender({ name, urls, history, random: random.fork(name), ...signals }),
    ),
  )

  return {
    history,
    /** Resolves when so many more calls have been answered. */
    answers: (count: number) => inPatience(history.answers(count)),
    /** Resolves when every sender has had its answers again and has settled what it had begun. */
    async goHome(): Promise<{ wellAgainMs: number }> {
      const begun = performance.now()
      await inPatience(history.answers(senders * answersAfterHealing))
      const wellAgainMs = performance.now() - begun
      stopping.abort()
      await inPatience(done)
      givingUp.abort()
      await done
      return { wellAgainMs }
    },
    /** Also sends home a crowd whose test has failed. */
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
