import { useEffect, useRef } from 'react'
import type { PageError } from '../page/page-error.tsx'
import type { TodoOutcome } from '../sending/intent.ts'
import { never } from '../sending/never.ts'

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
  switch (intent.operation) {
    case 'createTodo':
      return `“${intent.title}” had been added already, before it could be discarded.`
    case 'deleteTodo':
      return `“${intent.title}” had been deleted already, before that could be discarded.`
    case 'updateTodo':
      return `“${intent.title}” had been changed already, before that could be discarded.`
    case 'restoreTodo':
      return `“${intent.title}” had been restored already, before that could be discarded.`
  }
  return never(intent)
}
