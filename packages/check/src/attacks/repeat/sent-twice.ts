import type { Attack } from '../attack.ts'
import { attemptOneIntent, broken } from '../one-effect.ts'

export const sentTwice: Attack = {
  name: 'sent twice, one after the other',
  async run(lab) {
    // Without a count, two answers of an endpoint that should replay the first are two effects.
    if (lab.target.count === undefined && lab.profile.replaysAnswer && !lab.replaysAreEqual) {
      return broken(lab.newIntent(), 'the two answers differ, so there may be two effects')
    }
    return attemptOneIntent(lab, async (request) => [await lab.settle(request)])
  },
}
