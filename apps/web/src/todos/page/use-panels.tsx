import {
  type ComponentType,
  type ReactNode,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react'
import { isSignInOn } from '../../account/account-of-page.ts'
import type { AccountToolsProps } from '../../account/account-tools.tsx'
import { fetchReplacement } from '../../lab/client-fetch.ts'
import { DeletedIcon, LabIcon, SyncIcon } from '../../shell/icons.tsx'
import { Panel, usePanel } from '../../shell/panel.tsx'
import { PanelButton } from '../../shell/panel-button.tsx'
import { ThemeSelect } from '../../shell/theme-select.tsx'
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
  const Account = useAccountTools()
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
        {Account && <Account {...{ todos, snapshot, stop }} />}
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

/** Undefined without sign-in, and until it is loaded. */
function useAccountTools(): ComponentType<AccountToolsProps> | undefined {
  const [Tools, setTools] = useState<ComponentType<AccountToolsProps>>()
  useEffect(() => {
    if (!isSignInOn) return
    import('../../account/account-tools.tsx').then(
      ({ AccountTools }) => setTools(() => AccountTools),
      // Without them the server still refuses what is of another account.
      () => undefined,
    )
  }, [])
  return Tools
}
