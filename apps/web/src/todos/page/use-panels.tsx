import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { isSignInOn } from '../../account/account-of-page.ts'
import { fetchReplacement } from '../../lab/client-fetch.ts'
import { DeletedIcon, LabIcon, SyncIcon } from '../../shell/icons.tsx'
import { Panel, usePanel } from '../../shell/panel.tsx'
import { PanelButton } from '../../shell/panel-button.tsx'
import { ThemeSelect } from '../../shell/theme-select.tsx'
import type { AccountToolsProps } from '../account/account-tools.tsx'
import type { Seen } from '../operations/operation.ts'
import type { TodoEntry } from '../sending/intent.ts'

type Panels = { readonly buttons: ReactNode; readonly panels: ReactNode }
type Props = AccountToolsProps & {
  readonly onDiscarded: (discarded: readonly TodoEntry[]) => void
  readonly onRestore: (todo: Seen) => void
}

/** The buttons of the header, and the panels that they open. */
export function usePanels({ todos, snapshot, stop, onDiscarded, onRestore }: Props): Panels {
  const deleted = usePanel(() =>
    import('../deleted/deleted-todos.tsx').then((one) => one.DeletedTodos),
  )
  const sync = usePanel(() => import('../details/sync-details.tsx').then((one) => one.SyncDetails))
  const lab = usePanel(() => import('../../lab/network-lab.tsx').then((one) => one.NetworkLab))
  const account = usePanel(() =>
    import('../account/account-tools.tsx').then((one) => one.AccountTools),
  )
  const [loadAccount] = useState(() => account.toggle)
  // Without it the server still refuses what is of another account.
  useEffect(() => {
    if (isSignInOn) loadAccount()
  }, [loadAccount])
  const { subscribe, isSet } = fetchReplacement
  const isLabOn = useSyncExternalStore(subscribe, isSet, () => false)

  return {
    buttons: (
      <>
        <PanelButton name="Recently deleted" panel={deleted}>
          <DeletedIcon />
        </PanelButton>
        <PanelButton name="Sync details" panel={sync}>
          <SyncIcon />
        </PanelButton>
        <PanelButton name="Network lab" panel={lab} isOn={isLabOn}>
          <LabIcon />
        </PanelButton>
        {account.Open && <account.Open {...{ todos, snapshot, stop }} />}
        <ThemeSelect />
      </>
    ),
    panels: (
      <>
        <div id="account" />
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
