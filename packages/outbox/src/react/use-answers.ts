import { useEffect, useRef } from 'react'
import type { Refusal, Settled } from '../entry.ts'
import type { Outbox } from '../outbox.ts'
import { watchAnswers } from './watch-answers.ts'

/**
 * Calls `onAnswer` for each operation that is answered while the component is mounted,
 * no matter which page or tab added it. For lists of the server's data: after a reload
 * the promise of the answer is gone, so refetch the list here.
 */
export function useAnswers<Intent, Answer, Refused extends Refusal>(
  outbox: Pick<Outbox<Intent, Answer, Refused>, 'subscribe' | 'getSnapshot'>,
  onAnswer: (settled: Settled<Intent, Answer>) => void,
): void {
  const latest = useRef(onAnswer)
  useEffect(() => {
    latest.current = onAnswer
  })
  useEffect(() => watchAnswers(outbox, (settled) => latest.current(settled)), [outbox])
}
