import type { Request } from '../../http/request.ts'
import { type Attempt, isSuccess } from '../../http/send.ts'
import type { PreparedLab } from '../../lab/lab.ts'
import { isPending } from '../../lab/settle.ts'
import { held, notChecked, type Verdict } from '../../report/report.ts'
import { effectsIn, statusesOf } from '../../report/statuses.ts'
import { broken, brokenByCount } from '../one-effect.ts'

/** Each list holds the attempts of one intent. An intent may be refused, then it has no effect. */
export function separateIntents(
  lab: PreparedLab,
  intents: readonly (readonly Request[])[],
): Promise<Verdict> {
  return separately(lab, intents, lab.ask)
}

/** Separate intents for requests that the server cannot recognize: they are never sent again. */
export function separateRequests(lab: PreparedLab, requests: readonly Request[]): Promise<Verdict> {
  return separately(
    lab,
    requests.map((request) => [request]),
    lab.send,
  )
}

async function separately(
  lab: PreparedLab,
  intents: readonly (readonly Request[])[],
  send: PreparedLab['send'],
): Promise<Verdict> {
  const answers: Attempt[][] = []
  const effects = await lab.counter.effectsOf(async () => {
    for (const attempts of intents) answers.push(await inTurn(send, attempts))
    return successful(answers).length
  })
  const request = intents.at(-1)?.at(-1) ?? lab.newIntent()
  const statuses = statusesOf(answers.flat())
  const expected = successful(answers).length
  if (answers.flat().some(isPending)) return notChecked(`not all have an answer: ${statuses}`)
  if (effects === undefined) return verdictByAnswers(lab, { answers, request, statuses })
  if (effects === expected) return held(`${effectsIn(effects)}: ${statuses}`)
  const seen = `${effectsIn(effects)}, but ${expected} expected: ${statuses}`
  return brokenByCount(lab, { request }, seen)
}

async function inTurn(send: PreparedLab['send'], requests: readonly Request[]): Promise<Attempt[]> {
  const answers: Attempt[] = []
  for (const request of requests) answers.push(await send(request))
  return answers
}

function successful(answers: readonly Attempt[][]): Attempt[][] {
  return answers.filter((attempts) => attempts.some(isSuccess))
}

function verdictByAnswers(
  lab: PreparedLab,
  seen: { readonly answers: Attempt[][]; readonly request: Request; readonly statuses: string },
): Verdict {
  const { answers, request, statuses } = seen
  const done = successful(answers)
  if (done.length === 0) return held(`refused: ${statuses}`)
  if (!lab.answersDiffer || !lab.replaysAreEqual) return notChecked('only --count can tell')
  const bodies = done.map((attempts) => new Set(attempts.filter(isSuccess).map(({ body }) => body)))
  if (bodies.some(({ size }) => size > 1)) return broken(request, `done twice: ${statuses}`)
  const different = new Set(bodies.flatMap((each) => [...each]))
  return different.size === done.length
    ? held(`an answer for each: ${statuses}`)
    : broken(request, `got the answer of another intent: ${statuses}`)
}
