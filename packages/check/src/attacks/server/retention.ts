import { setTimeout as pause } from 'node:timers/promises'
import { type Attempt, isSuccess } from '../../http/send.ts'
import { countOne } from '../../lab/count-one.ts'
import { held, notChecked } from '../../report/report.ts'
import type { Attack } from '../attack.ts'
import { oneEffect } from '../one-effect.ts'

/** A key must be kept for most of the time that its docs name, and may be forgotten well after it. */
const within = 0.8
const after = 1.3

export const retention: Attack = {
  name: 'repeated shortly before its key may be forgotten',
  async run(lab) {
    const { retentionSeconds: seconds } = lab.target
    if (seconds === undefined) return notChecked('give the time by --retention; the check waits')
    const request = lab.newIntent()
    const attempts = [await lab.settle(request)]
    const began = performance.now()
    const until = (part: number) =>
      pause(Math.max(0, began + part * seconds * 1_000 - performance.now()))
    await until(within)
    const { attempt: last, effects } = await countOne(
      lab,
      () => lab.settle(request),
      () => 0,
    )
    attempts.push(last)
    const total = effects === undefined ? undefined : effects + 1
    const verdict = await oneEffect(lab, { request, attempts, last, effects: total })
    if (verdict.verdict !== 'held') return verdict
    await until(after)
    const late = await lab.settle(request)
    const body = isSuccess(last) ? last.body : undefined
    return held(`${verdict.seen}; afterwards ${late.status}, ${nameOf(late, body)}`)
  },
}

function nameOf(late: Attempt, body: string | undefined): string {
  if (!isSuccess(late)) return 'not done again'
  return late.body === body ? 'still the same answer' : 'another answer'
}
