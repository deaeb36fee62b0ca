import type { Attempt } from '../http/send.ts'
import type { Lab } from './lab.ts'

type Counted = { readonly attempt: Attempt; readonly effects: number | undefined }

/** Counts the effects of an attempt, and waits for the expected number. */
export async function countOne(
  lab: Lab,
  send: () => Promise<Attempt>,
  expected: (attempt: Attempt) => number,
): Promise<Counted> {
  const attempts: Attempt[] = []
  const effects = await lab.counter.effectsOf(async () => {
    const attempt = await send()
    attempts.push(attempt)
    return expected(attempt)
  })
  const [attempt = { status: 'no answer', reason: 'It was not sent.' }] = attempts
  return { attempt, effects }
}
