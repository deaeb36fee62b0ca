import type { TodoOutbox, TodoSnapshot } from './intent.ts'
import { type Problem, ProblemLine } from './problem.tsx'
import { reloadPage } from './reload-page.ts'
import { type ListState, type Status, statusOf } from './status-words.ts'
import { useNow } from './use-now.ts'

type Props = {
  readonly outbox: TodoOutbox
  readonly snapshot: TodoSnapshot
  readonly list: ListState
  readonly reload: () => void
  readonly problem: Problem | undefined
}

/** The state of the whole. There from the first paint and always as high, so nothing moves when it speaks. */
export function StatusLine({ outbox, snapshot, list, reload, problem }: Props) {
  const now = useNow(snapshot.entries.length > 0)
  const { words, aside, action } = statusOf(snapshot, list, now)
  const actions: Record<NonNullable<Status['action']>, { name: string; run: () => void }> = {
    review: { name: 'Review', run: showFirstDecision },
    retry: { name: 'Retry now', run: outbox.retryNow },
    reload: { name: 'Retry now', run: reload },
    renew: { name: 'Reload', run: reloadPage },
  }

  return (
    <div className="flex min-h-13 items-center gap-3 py-1 text-small">
      <div>
        <ProblemLine problem={problem} />
        <p role="status" className={look(action, problem)}>
          {words}
          {aside && <span aria-hidden="true">{aside}</span>}
        </p>
      </div>
      {action && (
        <button type="button" className="quiet-button -mr-3 ml-auto" onClick={actions[action].run}>
          {actions[action].name}
        </button>
      )}
    </div>
  )
}

/** A problem takes its place, so that the list stays where it is, unless there is something to do here too. */
function look(action: Status['action'], problem: Problem | undefined): string {
  if (problem !== undefined && action === undefined) return 'sr-only'
  return action === 'review' ? 'text-alarm' : 'text-quiet'
}

function showFirstDecision(): void {
  const button = document.querySelector<HTMLElement>('.decision button')
  button?.scrollIntoView({ block: 'center' })
  button?.focus()
}
