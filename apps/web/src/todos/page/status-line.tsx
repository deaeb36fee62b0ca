import type { ReactNode } from 'react'
import { Quoted } from '../../shell/quoted.tsx'
import { useNewVersion } from '../../shell/use-new-version.ts'
import type { ListState } from '../list/use-todo-list.ts'
import type { TodoOutbox, TodoSnapshot } from '../sending/intent.ts'
import { type PageError, type Status, statusOf, withNewVersion } from '../status/status-text.ts'
import { useNow } from '../status/use-now.ts'

type Props = {
  readonly outbox: TodoOutbox
  readonly snapshot: TodoSnapshot
  readonly list: ListState
  readonly reload: () => void
  readonly problem: PageError | undefined
  /** A further action, at the end of the line. */
  readonly children: ReactNode
}

/** The overall state. Rendered from the first paint with a fixed height, so that the layout never shifts. */
export function StatusLine({ outbox, snapshot, list, reload, problem, children }: Props) {
  const now = useNow(snapshot.entries.length > 0)
  const status = statusOf(snapshot, list, now)
  const { words, aside, action, isAlarm } = withNewVersion(status, useNewVersion())
  const actions: Record<
    Exclude<NonNullable<Status['action']>, 'sign_in'>,
    { name: string; run: () => void }
  > = {
    review: { name: 'Review', run: showFirstDecision },
    retry: { name: 'Retry now', run: outbox.retryNow },
    reload: { name: 'Retry now', run: reload },
    renew: { name: 'Reload', run: () => location.reload() },
  }

  return (
    <div className="status-line">
      <div className="status-words">
        {/* From the first paint, so that screen readers announce its changes. */}
        <p id="problem" role="alert" className="problem">
          {problem && <Quoted words={problem.words} />}
        </p>
        <p role="status" className={isAlarm ? 'text-alarm font-semibold' : look(action, problem)}>
          {words}
          {aside && (
            <span aria-hidden="true" className="aside">
              {aside}
            </span>
          )}
        </p>
      </div>
      <div className="-mr-3 ml-auto flex shrink-0">
        {action === 'sign_in' ? (
          <a className="quiet-button content-center" href="sign-in">
            Sign in
          </a>
        ) : (
          action && (
            <button type="button" className="quiet-button" onClick={actions[action].run}>
              {actions[action].name}
            </button>
          )
        )}
        {children}
      </div>
    </div>
  )
}

/** A page error replaces it, so that the list does not move, unless it offers an action. */
function look(action: Status['action'], problem: PageError | undefined): string {
  if (problem !== undefined && action === undefined) return 'sr-only'
  return action === 'review' ? 'text-alarm' : 'text-quiet'
}

function showFirstDecision(): void {
  const button = document.querySelector<HTMLElement>('.decision button')
  button?.scrollIntoView({ block: 'center' })
  button?.focus()
}
