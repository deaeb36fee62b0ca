import { useEffect } from 'react'
import { createPortal } from 'react-dom'
import { Panel, usePanel } from '../../shell/panel.tsx'
import { PanelButton } from '../../shell/panel-button.tsx'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSnapshot } from '../sending/intent.ts'
import { AccountIcon } from './account-icon.tsx'
import { AccountPanel } from './account-panel.tsx'
import { watchAccount } from './watch-account.ts'

export type AccountToolsProps = {
  readonly todos: Todos
  readonly snapshot: TodoSnapshot
  /** Ends the sending. */
  readonly stop: () => void
}

/** What only a page with sign-in has, and loads. */
export function AccountTools({ todos, snapshot, stop }: AccountToolsProps) {
  const panel = usePanel(async () => AccountPanel)
  useEffect(() => watchAccount(todos, stop), [todos, stop])
  const place = document.getElementById('account')
  return (
    <>
      <PanelButton name="Account" panel={panel}>
        <AccountIcon />
      </PanelButton>
      {place &&
        createPortal(
          <Panel name="Account" onClose={panel.close}>
            {panel.Open && <panel.Open {...{ todos, snapshot }} />}
          </Panel>,
          place,
        )}
    </>
  )
}
