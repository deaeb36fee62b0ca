import { setTimeout as pause } from 'node:timers/promises'
import { accepts } from '../../http/accepts.ts'
import type { Request } from '../../http/request.ts'
import { type Attempt, isSuccess } from '../../http/send.ts'
import type { PreparedLab } from '../../lab/lab.ts'
import { held, notChecked, type Verdict } from '../../report/report.ts'
import { statusesOf } from '../../report/statuses.ts'
import type { Attack } from '../attack.ts'
import { broken, brokenByCount } from '../one-effect.ts'

const rounds = 3
const intentsAtOnce = 10
const startMs = 30_000

export const killed: Attack = {
  name: 'repeated after the server was killed',
  async run(lab) {
    const { kill, start } = lab.target
    if (kill === undefined || start === undefined) return notChecked('give --kill and --start')
    const requests: Request[] = []
    const before: Attempt[] = []
    const after: Attempt[] = []
    const effects = await lab.counter.effectsOf(async () => {
      for (let round = 0; round < rounds; round += 1) {
        const sent = Array.from({ length: intentsAtOnce }, () => lab.newIntent())
        const attempts = Promise.all(sent.map(lab.send))
        // Another point in the work with each round: at its beginning, in it, at its end.
        await pause((lab.latencyMs * round) / (rounds - 1))
        await kill()
        before.push(...(await attempts))
        await start()
        await untilItAccepts(lab)
        after.push(...(await Promise.all(sent.map(lab.settle))))
        requests.push(...sent)
      }
      return requests.length
    })
    return verdictOn(lab, { requests, before, after, effects })
  },
}

async function untilItAccepts(lab: PreparedLab): Promise<void> {
  const end = performance.now() + startMs
  while (!(await accepts(lab.target.url))) {
    if (performance.now() > end) throw new Error('The server did not come back within 30 s.')
    await pause(100)
  }
}

type Seen = {
  readonly requests: readonly Request[]
  readonly before: readonly Attempt[]
  readonly after: readonly Attempt[]
  readonly effects: number | undefined
}

async function verdictOn(lab: PreparedLab, seen: Seen): Promise<Verdict> {
  const { requests, before, after, effects } = seen
  const request = requests[0] ?? lab.newIntent()
  const statuses = `${statusesOf(before)}; repeated: ${statusesOf(after)}`
  const done = after.filter(isSuccess).length
  const lost = requests.findIndex((_, at) => isOtherAnswer(lab, before[at], after[at]))
  if (effects !== undefined && (effects > requests.length || effects < done)) {
    const count = `${effects} effects of ${requests.length} intents`
    return brokenByCount(lab, { request }, `${count}: ${statuses}`)
  }
  if (lost >= 0)
    return broken(requests[lost] ?? request, `another answer after the kill: ${statuses}`)
  if (done < requests.length) {
    return lab.target.patienceSeconds === undefined
      ? notChecked(
          `not all are answered after 10 s: ${statuses}. If nothing should take so long, say so with --patience SECONDS`,
        )
      : broken(request, `not all are answered: ${statuses}`)
  }
  return held(
    `${effects ?? done} ${effects === undefined ? 'answers' : 'effects'} of ${done} intents: ${statuses}`,
  )
}

function isOtherAnswer(lab: PreparedLab, was?: Attempt, is?: Attempt): boolean {
  if (!lab.profile.replaysAnswer || !lab.replaysAreEqual) return false
  return (
    was !== undefined && is !== undefined && isSuccess(was) && isSuccess(is) && was.body !== is.body
  )
}
