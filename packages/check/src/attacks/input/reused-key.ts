import { randomUUID } from 'node:crypto'
import type { Request } from '../../http/request.ts'
import { type Attempt, isSuccess } from '../../http/send.ts'
import { countOne } from '../../lab/count-one.ts'
import type { Changes, PreparedLab } from '../../lab/lab.ts'
import { held, notChecked, type Verdict } from '../../report/report.ts'
import { broken, brokenByCount } from '../one-effect.ts'

type Reuse = {
  /** The option that would make it possible. */
  readonly option: string
  readonly changes: Changes
  /** Whether the promise refuses it. Otherwise it may be an intent of its own. */
  readonly isRefused: boolean
}

/** Sends an intent, and then another one under its key. */
export async function reusedKey(lab: PreparedLab, reuse: Reuse): Promise<Verdict> {
  const control = await lab.ask(lab.newIntent(reuse.changes))
  if (!isSuccess(control)) {
    return notChecked(
      `answered ${control.status} under a key of its own too; ${reuse.option} can name another`,
    )
  }
  const keys = [randomUUID()]
  const first = lab.newIntent({ keys })
  const second = lab.newIntent({ body: first.body, ...reuse.changes, keys })
  const answer = await lab.settle(first)
  const { attempt: reply, effects } = await countOne(
    lab,
    () => lab.ask(second),
    (attempt) => (reuse.isRefused || !isSuccess(attempt) ? 0 : 1),
  )
  return verdictOn(lab, { ...reuse, first: answer, reply, request: second, effects })
}

type Seen = Reuse & {
  readonly first: Attempt
  readonly reply: Attempt
  readonly request: Request
  readonly effects: number | undefined
}

async function verdictOn(lab: PreparedLab, seen: Seen): Promise<Verdict> {
  const { first, reply, request, effects, isRefused } = seen
  const { status } = reply
  if (!isSuccess(first)) return notChecked(`the first was answered ${first.status}`)
  if (status === 'no answer') return notChecked('it got no answer')
  if (!isSuccess(reply)) {
    return effects === undefined || effects === 0
      ? held(`refused: ${status}`)
      : brokenByCount(lab, seen, `answered ${status}, but with ${effects} effects`)
  }
  if (lab.answersDiffer && reply.body === first.body) {
    return broken(request, `answered ${reply.status} with the answer of the first`)
  }
  if (isRefused) {
    const what = effects === undefined || effects === 0 ? '' : `, ${effects} more effects`
    return broken(request, `accepted: ${reply.status}${what}`)
  }
  return lab.answersDiffer
    ? held(`an intent of its own: ${reply.status}`)
    : notChecked('all answers are equal, so nothing shows whose this one is')
}
