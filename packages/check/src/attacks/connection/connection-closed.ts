import type { Cut } from '../../http/send.ts'
import type { Attack } from '../attack.ts'
import { attemptOneIntent } from '../one-effect.ts'

const cuts: readonly Cut[] = ['before the body', 'in the body', 'after the body', 'in the answer']
const times = 3

/** The client is gone and comes again: one attack for each point at which it may go. */
export const connectionClosed: readonly Attack[] = cuts.map((cut) => ({
  name: `connection closed ${cut}, then repeated`,
  run: (lab) =>
    attemptOneIntent(lab, async (request) => {
      for (let time = 0; time < times; time += 1) await lab.sendCut(request, cut)
      return []
    }),
}))
