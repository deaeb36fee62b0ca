import { isSuccess } from '../../http/send.ts'
import { held } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { broken, oneEffect } from '../one-effect.ts'

export const sentTwice: Attack = {
  name: 'sent twice, one after the other',
  async run(lab) {
    const request = lab.newIntent()
    const attempts = [await lab.settle(request)]
    let last = attempts[0] ?? { status: 'no answer' as const, reason: '' }
    const effects = await lab.counter.effectsOf(0, async () => {
      last = await lab.settle(request)
      attempts.push(last)
    })
    const [first] = attempts
    if (effects !== undefined) {
      // Only the second is counted.
      return oneEffect(lab, { request, attempts, last, effects: effects + 1 })
    }
    // Without a count two answers of an endpoint whose answers differ are two effects.
    if (first && isSuccess(first) && isSuccess(last) && first.body !== last.body) {
      return lab.profile.replaysAnswer
        ? broken(request, 'the two answers differ, so there may be two effects')
        : held('the two answers differ, which this promise allows')
    }
    return oneEffect(lab, { request, attempts, last, effects })
  },
}
