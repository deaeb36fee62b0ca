import { useEffect, useRef } from 'react'
import { operationOf } from '../operations/operations.ts'
import type { TodoOutcome } from '../sending/intent.ts'
import type { PageError } from './status-text.ts'

/** Another page has shown the notice of an entry that ended longer ago. */
const newsMs = 10_000

/** Shows a notice when an entry took effect before it was discarded. */
export function useDiscardNotice(
  outcomes: readonly TodoOutcome[],
  onProblem: (problem: PageError) => void,
): void {
  const newest = useRef(Date.now() - newsMs)

  useEffect(() => {
    const news = outcomes.filter(
      ({ wasDiscarded, settledAt }) => wasDiscarded && settledAt > newest.current,
    )
    newest.current = Math.max(newest.current, ...news.map(({ settledAt }) => settledAt))
    const last = news.at(-1)
    if (last !== undefined) onProblem({ about: 'row', words: discardNotice(last) })
  }, [outcomes, onProblem])
}

function discardNotice({ intent }: TodoOutcome): string {
  const { done } = operationOf(intent).words
  return `“${intent.title}” had been ${done} already, before that could be discarded.`
}
