import { isSuccess } from '../../http/send.ts'
import { reorderedBody } from '../../lab/changed-body.ts'
import { countOne } from '../../lab/count-one.ts'
import { held, notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { broken, oneEffect } from '../one-effect.ts'

export const otherOrder: Attack = {
  name: 'the same key with its members in another order',
  async run(lab) {
    const request = lab.newIntent()
    const body = reorderedBody(request.body)
    if (body === undefined) return notChecked('the body has no two members')
    const first = await lab.settle(request)
    const reordered = { ...request, body }
    const { attempt: reply, effects } = await countOne(
      lab,
      () => lab.ask(reordered),
      () => 0,
    )
    if (!isSuccess(reply) && !effects) {
      const seen = `refused: ${reply.status}`
      return lab.profile.ignoresOrder ? broken(reordered, seen) : held(seen)
    }
    const total = effects === undefined ? undefined : effects + 1
    const attempts = [first, reply]
    return oneEffect(lab, { request: reordered, attempts, last: reply, effects: total })
  },
}
