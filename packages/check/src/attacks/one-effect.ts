import { curlOf } from '../http/curl.ts'
import type { Request } from '../http/request.ts'
import { type Attempt, isSuccess } from '../http/send.ts'
import type { PreparedLab } from '../lab/lab.ts'
import { isPending } from '../lab/settle.ts'
import { held, notChecked, type Verdict } from '../report/report.ts'
import { statusesOf } from '../report/statuses.ts'

/** What attempts of one intent were answered, the last one after all others. */
export type Seen = {
  readonly request: Request
  readonly attempts: readonly Attempt[]
  readonly last: Attempt
  readonly effects: number | undefined
}

/** Sends the attempts, repeats the request until it is answered, and counts the effects. */
export async function attemptOneIntent(
  lab: PreparedLab,
  work: (request: Request) => Promise<readonly Attempt[]>,
): Promise<Verdict> {
  const request = lab.newIntent()
  const attempts: Attempt[] = []
  let last: Attempt = { status: 'no answer', reason: 'It was not sent.' }
  const effects = await lab.counter.effectsOf(async () => {
    attempts.push(...(await work(request)))
    last = await lab.settle(request)
    attempts.push(last)
    return 1
  })
  return oneEffect(lab, { request, attempts, last, effects })
}

/** The promise: one effect, and every answer says so. */
export async function oneEffect(lab: PreparedLab, seen: Seen): Promise<Verdict> {
  const { attempts, effects, last } = seen
  const successes = attempts.filter(isSuccess)
  const statuses = statusesOf(attempts)
  if (effects !== undefined && effects > 1) {
    return brokenByCount(lab, seen, `${effects} effects of one intent: ${statuses}`)
  }
  if (effects === 0 && successes.length > 0) {
    return brokenByCount(lab, seen, `answered with success, but without an effect: ${statuses}`)
  }
  if (!isSuccess(last)) return withoutSuccess(lab, seen)
  const answers = new Set(successes.map(({ status, body }) => `${status} ${body}`))
  if (lab.profile.replaysAnswer && lab.replaysAreEqual && answers.size > 1) {
    return broken(seen.request, `${answers.size} different answers to one intent: ${statuses}`)
  }
  if (effects === undefined && !lab.replaysAreEqual) {
    return notChecked('replays differ from first answers, so only --count can tell')
  }
  return held(effects === undefined ? `one answer: ${statuses}` : `1 effect: ${statuses}`)
}

function withoutSuccess(lab: PreparedLab, { request, attempts, last, effects }: Seen): Verdict {
  const statuses = statusesOf(attempts)
  const wasDone = effects === 1 || attempts.some(isSuccess)
  const patience = lab.target.patienceSeconds
  if (!isPending(last) && last.status !== 500) {
    return wasDone
      ? broken(request, `the effect exists, but its repetition is refused: ${statuses}`)
      : held(`refused, and without an effect: ${statuses}`)
  }
  if (last.status === 500 && lab.profile.replaysErrors && !attempts.some(isSuccess)) {
    return held(`the error is replayed, ${effects ?? 'unknown'} effects: ${statuses}`)
  }
  if (attempts.some(isSuccess) || patience !== undefined) {
    return broken(request, `the last repetition is still answered ${last.status}: ${statuses}`)
  }
  return notChecked(
    `still answered ${last.status} after 10 s: ${statuses}. If nothing should take so long, say so with --patience SECONDS`,
  )
}

/** A count is believed if nothing else changes it, and if it still follows. */
export async function brokenByCount(
  lab: PreparedLab,
  { request }: { readonly request: Request },
  seen: string,
): Promise<Verdict> {
  if (!(await lab.counter.isQuiet())) return notChecked('the count changes by itself')
  const control = lab.newIntent()
  const effects = await lab.counter.effectsOf(async () => {
    await lab.settle(control)
    return 1
  })
  if (effects !== 1) return notChecked('the count no longer follows; has the list pages?')
  return broken(request, seen)
}

export function broken(request: Request, seen: string): Verdict {
  return { verdict: 'broken', seen, repeat: curlOf(request) }
}
