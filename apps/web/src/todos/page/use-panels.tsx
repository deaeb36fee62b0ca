import { type ReactNode, useSyncExternalStore } from 'react'
import { isSignInOn } from '../../account/account-of-page.ts'
import { fetchReplacement } from '../../lab/client-fetch.ts'
import { Panel, usePanel } from '../../shell/panel.tsx'
import { PanelButton } from '../../shell/panel-button.tsx'
import { ThemeSelect } from '../../shell/theme-select.tsx'
import type { Seen } from '../operations/operation.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoEntry, TodoSnapshot } from '../sending/intent.ts'

type Panels = { readonly buttons: ReactNode; readonly panels: ReactNode }
type Props = {
  readonly todos: Todos
  readonly snapshot: TodoSnapshot
  readonly onDiscarded: (discarded: readonly TodoEntry[]) => void
  readonly onRestore: (todo: Seen) => void
}

/** The buttons of the header, and the panels that they open. */
export function usePanels({ todos, snapshot, onDiscarded, onRestore }: Props): Panels {
  const deleted = usePanel(() =>
    import('../deleted/deleted-todos.tsx').then((one) => one.DeletedTodos),
  )
  const sync = usePanel(() => import('../details/sync-details.tsx').then((one) => one.SyncDetails))
  const lab = usePanel(() => import('../../lab/network-lab.tsx').then((one) => one.NetworkLab))
  const account = usePanel(() =>
    import('../account/account-panel.tsx').then((one) => one.AccountPanel),
  )
  const { subscribe, isSet } = fetchReplacement
  const isLabOn = useSyncExternalStore(subscribe, isSet, () => false)
  // The page is built once for all installations.
  const hasAccounts = useSyncExternalStore(
    subscribe,
    () => isSignInOn,
    () => false,
  )

  return {
    buttons: (
      <>
        <PanelButton name="Recently deleted" icon="deleted-icon" panel={deleted} />
        <PanelButton name="Sync details" icon="sync-icon" panel={sync} />
        <PanelButton name="Network lab" icon="lab-icon" panel={lab} isOn={isLabOn} />
        {hasAccounts && <PanelButton name="Account" icon="account-icon" panel={account} />}
        <ThemeSelect />
      </>
    ),
    panels: (
      <>
        <Panel name="Account" onClose={account.close}>
          {account.Open && <account.Open {...{ todos, snapshot }} />}
        </Panel>
        <Panel name="Recently deleted" onClose={deleted.close}>
          {deleted.Open && <deleted.Open {...{ todos, snapshot, onRestore }} />}
        </Panel>
        <Panel name="Network lab" onClose={lab.close}>
          {lab.Open && <lab.Open />}
        </Panel>
        <Panel name="Sync details" onClose={sync.close}>
          {sync.Open && <sync.Open {...{ todos, snapshot, onDiscarded }} />}
        </Panel>
      </>
    ),
  }
}
