import { randomUUID } from 'node:crypto'
import type { Request } from '../http/request.ts'
import { type Attempt, type Cut, send, sendCut, sendSlowly } from '../http/send.ts'
import { type Profile, profiles } from '../profiles.ts'
import type { Target } from '../target.ts'
import { type Counter, createCounter } from './counter.ts'
import { withKeys } from './key-in.ts'
import { rateLimit } from './rate-limit.ts'
import { askWhetherRefused, settle } from './settle.ts'

export const burst = 50
const defaultRate = 100
const defaultPatienceSeconds = 10

/** How a request differs from that of the target. */
export type Changes = Partial<Request> & { readonly keys?: readonly string[] }

/** What an attack works with. */
export type Lab = {
  readonly target: Target
  readonly profile: Profile
  readonly counter: Counter
  /** A request under a key that was never used. */
  readonly newIntent: (changes?: Changes) => Request
  readonly send: (request: Request) => Promise<Attempt>
  readonly sendCut: (request: Request, cut: Cut) => Promise<void>
  readonly sendSlowly: (request: Request, work: () => Promise<void>) => Promise<Attempt>
  /** Repeats it until it is answered. */
  readonly settle: (request: Request) => Promise<Attempt>
  /** Like the one above, but 409 is a refusal. */
  readonly ask: (request: Request) => Promise<Attempt>
  readonly fill: (template: string) => string
}

/** A lab, and what the first requests have shown about the endpoint. */
export type PreparedLab = Lab & {
  /** Whether two intents get different answers, so that an answer says whose it is. */
  readonly answersDiffer: boolean
  /** Whether a replay equals the first answer. Otherwise bodies say nothing about effects. */
  readonly replaysAreEqual: boolean
  readonly latencyMs: number
}

export function createLab(target: Target): Lab {
  const run = randomUUID().slice(0, 8)
  const next = rateLimit(burst, target.rate ?? defaultRate)
  const fill = (template: string) => template.replaceAll('{{run}}', run)
  const patienceMs = (target.patienceSeconds ?? defaultPatienceSeconds) * 1_000

  const paced = async (request: Request) => {
    await next()
    return send(request)
  }
  const { count } = target
  return {
    target,
    profile: profiles[target.profile],
    counter: createCounter(count === undefined ? undefined : () => count({ run })),
    fill,
    newIntent({ keys = [randomUUID()], ...changes } = {}) {
      const { method, url, headers, body } = { ...target, ...changes }
      const unique = randomUUID().slice(0, 8)
      const filled = body === undefined ? body : fill(body).replaceAll('{{unique}}', unique)
      return withKeys({ method, url, headers, body: filled }, target.keyIn, keys)
    },
    send: paced,
    async sendCut(request, cut) {
      await next()
      return sendCut(request, cut)
    },
    async sendSlowly(request, work) {
      await next()
      return sendSlowly(request, work)
    },
    settle: (request) => settle(() => paced(request), patienceMs),
    ask: (request) => askWhetherRefused(() => paced(request), patienceMs),
  }
}
