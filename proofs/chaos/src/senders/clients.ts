import { setTimeout as pause } from 'node:timers/promises'
import { mintKey } from '@idem/outbox/key'
import type { Random } from '@idem/test-support/random'
import { answersAfterHealing, patienceMs } from '../checker/health.ts'
import { createHistory } from './history.ts'
import { runSender } from './sender.ts'
import type { Mint } from './workload.ts'

export type ClientsSettings = {
  readonly urls: readonly string[]
  readonly random: Random
  /** Default: 16, more than the server's database connections, so that some always wait. */
  readonly senders?: number
  /** The time-out of an attempt, after which it is unknown. Default: the client's own 12,000 ms. */
  readonly attemptTimeoutMs?: number
  /**
   * One for each account, whose senders use the same keys and ids as those of the others. Default: servers
   * without sign-in.
   */
  readonly apiKeys?: readonly string[]
}

/** Starts senders that work while faults are injected into the servers. */
export function startClients(settings: ClientsSettings) {
  const { urls, random, senders = 16, attemptTimeoutMs, apiKeys = [undefined] } = settings
  const history = createHistory()
  const stopping = new AbortController()
  const givingUp = new AbortController()
  const signals = { stop: stopping.signal, giveUp: givingUp.signal }
  const done = Promise.all(
    Array.from({ length: Math.ceil(senders / apiKeys.length) }, sharedMint).flatMap((mint, at) =>
      apiKeys.map((apiKey, account) => {
        const name = at * apiKeys.length + account
        const client = { urls, history, random: random.fork(name), attemptTimeoutMs, apiKey }
        return runSender({ name, ...client, mint: mint(), ...signals })
      }),
    ),
  )

  return {
    history,
    /** Resolves after this many further answers. */
    answers: (count: number) => withTimeout(history.answers(count)),
    /** Resolves after this many calls since the start of the run. */
    attempts: (count: number) => withTimeout(history.attempts(count)),
    /**
     * Call it when all faults are over. Resolves when every sender gets answers again and has settled
     * its intent.
     */
    async finish(): Promise<{ healedAt: number; wellAgainMs: number }> {
      const healedAt = history.now()
      await withTimeout(history.streaks(senders, answersAfterHealing))
      const wellAgainMs = history.now() - healedAt
      stopping.abort()
      await withTimeout(done)
      givingUp.abort()
      await done
      return { healedAt, wellAgainMs }
    },
    /** Also stops the senders of a failed test. */
    async [Symbol.asyncDispose]() {
      stopping.abort()
      givingUp.abort()
      await done
    },
  }
}

/** Each call returns a mint of the same keys and ids in the same order. */
function sharedMint(): () => Mint {
  const [key, id] = [inOrder(), inOrder()]
  return () => ({ key: key(), id: id() })
}

function inOrder(): () => () => string {
  const minted: string[] = []
  return () => {
    let next = 0
    return () => {
      if (next === minted.length) minted.push(mintKey())
      next += 1
      return minted[next - 1] ?? ''
    }
  }
}

async function withTimeout(event: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const limit = pause(patienceMs, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([event, limit])
  over.abort()
}
