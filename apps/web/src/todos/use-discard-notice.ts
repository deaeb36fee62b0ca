import { useEffect, useRef } from 'react'
import type { TodoOutcome } from './intent.ts'
import { never } from './never.ts'
import type { Problem } from './problem.tsx'

/** Of one that ended longer ago than this, another page has spoken. */
const newsMs = 10_000

/** Says so when something had happened before it could be discarded. */
export function useDiscardNotice(
  outcomes: readonly TodoOutcome[],
  onProblem: (problem: Problem) => void,
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
  }
  return never(intent)
}
