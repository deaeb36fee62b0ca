import { randomUUID } from 'node:crypto'
import { type Attempt, isSuccess } from '../../http/send.ts'
import { held, notChecked } from '../../report/report.ts'
import { statusesOf } from '../../report/statuses.ts'
import type { Attack } from '../attack.ts'
import { broken, brokenByCount, oneEffect } from '../one-effect.ts'

export const failureFirst: Attack = {
  name: 'a refused body, then a right one under the same key',
  async run(lab) {
    const { badBody: body } = lab.target
    if (body === undefined) return notChecked('give a body that is refused by --bad-body')
    const keys = [randomUUID()]
    const bad = lab.newIntent({ keys, body })
    const request = lab.newIntent({ keys })

    const refusals: Attempt[] = []
    const harm = await lab.counter.effectsOf(async () => {
      refusals.push(await lab.ask(bad), await lab.send(bad))
      return 0
    })
    const [refusal, repeated] = refusals
    const statuses = refusals.map(({ status }) => status)
    if (refusal === undefined || isSuccess(refusal)) {
      return notChecked('the body of --bad-body is accepted')
    }
    if (repeated !== undefined && isSuccess(repeated)) {
      return harm === 0
        ? broken(bad, `${refusal.status}, then success without an effect`)
        : notChecked('the body of --bad-body is accepted the second time')
    }
    if (harm) return brokenByCount(lab, { request: bad }, `refused, but with ${harm} effects`)
    if (lab.profile.replaysErrors && statuses[0] === 500 && statuses[1] !== 500) {
      return broken(bad, `the error is not replayed: ${statusesOf(refusals)}`)
    }

    const attempts: Attempt[] = []
    const effects = await lab.counter.effectsOf(async () => {
      attempts.push(await lab.ask(request), await lab.ask(request))
      return attempts.some(isSuccess) ? 1 : 0
    })
    const last = attempts.at(-1)
    if (last === undefined || (!attempts.some(isSuccess) && !effects)) {
      return held(`the key is used up, and nothing was done: ${statusesOf(attempts)}`)
    }
    return oneEffect(lab, { request, attempts, last, effects })
  },
}
