import { useEffect, useRef } from 'react'
import type { Refusal, Settled } from '../entry.ts'
import type { Outbox } from '../outbox.ts'

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

/** Calls for each operation that is answered from now on, until the returned function is called. */
function watchAnswers<Intent, Answer, Refused extends Refusal>(
  { subscribe, getSnapshot }: Pick<Outbox<Intent, Answer, Refused>, 'subscribe' | 'getSnapshot'>,
  onAnswer: (settled: Settled<Intent, Answer>) => void,
): () => void {
  let known = idsIn()

  /** Undefined until the storage was read: operations in the first reading were answered before. */
  function idsIn(): Set<string> | undefined {
    const { ready, settled } = getSnapshot()
    return ready ? new Set(settled.map(({ id }) => id)) : undefined
  }

  return subscribe(() => {
    const before = known
    known = idsIn()
    if (before === undefined) return
    for (const each of getSnapshot().settled) if (!before.has(each.id)) onAnswer(each)
  })
}
